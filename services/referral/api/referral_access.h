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

// On which sides of one referral a caller stands: as requester with a live relation to the person, as staff of the
// recipient, or as both where an organization refers to itself.
struct Standing {
  bool requester = false;
  bool recipient = false;
};

struct VisibleReferral {
  ReferralRow row;
  Standing standing;
  std::optional<Id> placement;
};

// Reads a referral as its requester (with a live relation to the person) or as its recipient. Error: NOT_FOUND.
absl::StatusOr<VisibleReferral> ReadReferral(runtime::Runtime& runtime, rpc::CallContext& call,
                                             const std::string& name);

// The same for whoever wants to move it on. Labels never change after it was made. Error besides: PERMISSION_DENIED
// LABEL_NOT_CLEARED.
absl::StatusOr<VisibleReferral> ReadToChange(runtime::Runtime& runtime, rpc::CallContext& call,
                                             const std::string& name);

// May somebody who stands there move the referral on? Errors: see CheckStep.
absl::Status CheckStepFor(const Standing& standing, State from, State to);

// Sent, and not over yet.
bool IsLive(const ReferralRow& row);

// A recipient is told who is referred and what they need while the referral is live and the consent holds, no longer.
// Afterwards what is left is the referral's name, its state and the place that it concerns.
bool MayBeTold(const ReferralRow& row, absl::Time now);
bool ConsentLives(const ReferralRow& row, absl::Time now);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_REFERRAL_ACCESS_H_
