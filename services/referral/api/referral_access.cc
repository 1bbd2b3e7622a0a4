#include "services/referral/api/referral_access.h"

#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "services/referral/api/convert.h"
#include "services/referral/storage/placements.h"

namespace trellis::referral {

bool IsRequesterStaff(const rpc::Caller& caller) {
  return caller.HasRole(options::v1::ROLE_COORDINATOR) || caller.HasRole(options::v1::ROLE_CLINICIAN);
}

bool IsRecipientStaff(const rpc::Caller& caller) { return caller.HasRole(options::v1::ROLE_PROVIDER_STAFF); }

absl::StatusOr<VisibleReferral> ReadReferral(runtime::Runtime& runtime, rpc::CallContext& call, const std::string& name) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kReferrals, name));
  std::optional<ReferralRow> row;
  std::optional<PlacementRow> placement;
  TRELLIS_RETURN_IF_ERROR(runtime.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(row, FindReferral(session, call.caller().organization, id));
    if (!row.has_value()) return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(placement, FindPlacementOf(session, row->organization, row->id));
    return absl::OkStatus();
  }));
  if (!row.has_value()) return NotFound(name);
  const bool received = row->recipient == call.caller().organization && IsRecipientStaff(call.caller());
  if (!received) {
    if (row->organization != call.caller().organization || !IsRequesterStaff(call.caller())) return NotFound(name);
    TRELLIS_RETURN_IF_ERROR(runtime.access().RequirePerson(call, row->person, name));
  }
  return VisibleReferral{*std::move(row), placement.has_value() ? std::optional<Id>(placement->id) : std::nullopt};
}

absl::Status CheckStepFor(const rpc::Caller& caller, const ReferralRow& row, State to) {
  absl::Status refused = absl::OkStatus();
  if (row.organization == caller.organization && IsRequesterStaff(caller)) {
    refused = CheckStep(row.state, to, Side::kRequester);
    if (refused.ok()) return refused;
  }
  if (row.recipient == caller.organization && IsRecipientStaff(caller)) return CheckStep(row.state, to, Side::kRecipient);
  return refused.ok() ? CheckStep(row.state, to, Side::kRequester) : refused;
}

}  // namespace trellis::referral
