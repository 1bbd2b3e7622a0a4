// Whether the caller leads a population.
#ifndef TRELLIS_SERVICES_CASELOAD_API_LEADS_H_
#define TRELLIS_SERVICES_CASELOAD_API_LEADS_H_

#include "absl/status/status.h"
#include "common/base/id.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/caseload/api/identity_client.h"

namespace trellis::caseload {

// The same rule as access::Access has for persons: a live relation in a fresh replica is a yes, in any other case
// identity is asked. Thread-safe.
class Leads {
 public:
  Leads(runtime::Runtime& runtime, IdentityClient& identity) : runtime_(runtime), identity_(identity) {}

  // NOT_FOUND for the population, as if it did not exist, unless the caller leads it.
  absl::Status Require(rpc::CallContext& call, const Id& population);

 private:
  runtime::Runtime& runtime_;
  IdentityClient& identity_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_LEADS_H_
