// The case that a request names.
#ifndef TRELLIS_SERVICES_CASELOAD_API_REQUIRE_CASE_H_
#define TRELLIS_SERVICES_CASELOAD_API_REQUIRE_CASE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/caseload/storage/cases.h"

namespace trellis::caseload {

// `field` is the path of the request's field that holds the name.
// Errors: INVALID_ARGUMENT; NOT_FOUND, also where the caller may not see the person.
absl::StatusOr<CaseRecord> RequireCase(runtime::Runtime& runtime, rpc::CallContext& call, absl::string_view name,
                                       absl::string_view field);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_REQUIRE_CASE_H_
