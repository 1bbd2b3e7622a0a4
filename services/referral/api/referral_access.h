// Whose a referral is to see, and on which side its callers stand.
#ifndef TRELLIS_SERVICES_REFERRAL_API_REFERRAL_ACCESS_H_
#define TRELLIS_SERVICES_REFERRAL_API_REFERRAL_ACCESS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/referral/storage/referrals.h"

namespace trellis::referral {

// A requester has a role of care; a recipient's staff is provider staff.
bool IsRequesterStaff(const rpc::Caller& caller);
bool IsRecipientStaff(const rpc::Caller& caller);

struct VisibleReferral {
  ReferralRow row;
  std::optional<Id> placement;
};

// Reads a referral as its requester (with a live relation to the person) or as its recipient. Error: NOT_FOUND.
absl::StatusOr<VisibleReferral> ReadReferral(runtime::Runtime& runtime, rpc::CallContext& call, const std::string& name);

// May the caller move the referral to `to` from where it stands? Errors: see CheckStep.
absl::Status CheckStepFor(const rpc::Caller& caller, const ReferralRow& row, State to);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_REFERRAL_ACCESS_H_
