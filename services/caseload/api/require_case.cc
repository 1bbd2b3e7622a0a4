#include "services/caseload/api/require_case.h"

#include <optional>
#include <utility>

#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"

namespace trellis::caseload {

absl::StatusOr<CaseRecord> RequireCase(runtime::Runtime& runtime, rpc::CallContext& call, absl::string_view name,
                                       absl::string_view field) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName("cases", name, field));
  std::optional<CaseRecord> record;
  TRELLIS_RETURN_IF_ERROR(runtime.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(record, FindCase(session, call.caller().organization, id));
    return absl::OkStatus();
  }));
  if (!record.has_value()) return NotFound(name);
  TRELLIS_RETURN_IF_ERROR(runtime.access().RequirePerson(call, record->person, name));
  return *std::move(record);
}

}  // namespace trellis::caseload
