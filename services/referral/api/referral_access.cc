#include "services/referral/api/referral_access.h"

#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "services/referral/api/convert.h"
#include "services/referral/storage/placements.h"

namespace trellis::referral {

bool IsRequesterStaff(const rpc::Caller& caller) {
  return caller.HasRole(options::v1::ROLE_COORDINATOR) || caller.HasRole(options::v1::ROLE_CLINICIAN);
}

bool IsRecipientStaff(const rpc::Caller& caller) { return caller.HasRole(options::v1::ROLE_PROVIDER_STAFF); }

absl::StatusOr<VisibleReferral> ReadReferral(runtime::Runtime& runtime, rpc::CallContext& call,
                                             const std::string& name) {
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
  Standing standing;
  standing.recipient = row->recipient == call.caller().organization && IsRecipientStaff(call.caller());
  if (row->organization == call.caller().organization && IsRequesterStaff(call.caller())) {
    TRELLIS_ASSIGN_OR_RETURN(standing.requester, runtime.access().CheckPerson(call, row->person));
  }
  if (!standing.requester && !standing.recipient) return NotFound(name);
  return VisibleReferral{*std::move(row), standing,
                         placement.has_value() ? std::optional<Id>(placement->id) : std::nullopt};
}

absl::StatusOr<VisibleReferral> ReadToChange(runtime::Runtime& runtime, rpc::CallContext& call,
                                             const std::string& name) {
  TRELLIS_ASSIGN_OR_RETURN(VisibleReferral found, ReadReferral(runtime, call, name));
  TRELLIS_RETURN_IF_ERROR(rpc::RequireClearance(call.caller(), found.row.labels));
  return found;
}

absl::Status CheckStepFor(const Standing& standing, State from, State to) {
  absl::Status refused = absl::OkStatus();
  if (standing.requester) {
    refused = CheckStep(from, to, Side::kRequester);
    if (refused.ok()) return refused;
  }
  return standing.recipient ? CheckStep(from, to, Side::kRecipient) : refused;
}

bool IsLive(const ReferralRow& row) { return row.state == State::kRequested || HasPlace(row.state); }

bool MayBeTold(const ReferralRow& row, absl::Time now) {
  if (row.recipient == row.organization) return true;
  return IsLive(row) && ConsentLives(row, now);
}

bool ConsentLives(const ReferralRow& row, absl::Time now) {
  return row.consent.has_value() && !row.consent_revoked &&
         (!row.consent_end_time.has_value() || now < *row.consent_end_time);
}

}  // namespace trellis::referral
