// The states of what the desk keeps, and which steps they allow. Values are those of the contract and of the database.
#ifndef TRELLIS_SERVICES_CASELOAD_DOMAIN_STATES_H_
#define TRELLIS_SERVICES_CASELOAD_DOMAIN_STATES_H_

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace trellis::caseload {

enum class CaseState { kOpen = 1, kClosed = 2 };

enum class NeedState { kUnmet = 1, kInProgress = 2, kMet = 3, kDropped = 4 };

enum class AlertState { kOpen = 1, kAcknowledged = 2 };

enum class AlertLevel { kHigh = 1, kUrgent = 2 };

// What the referral service says about a referral (Gravity's referral task).
enum class ReferralState {
  kDraft = 1,
  kRequested = 2,
  kAccepted = 3,
  kInProgress = 4,
  kOnHold = 5,
  kCompleted = 6,
  kRejected = 7,
  kCancelled = 8,
  kFailed = 9,
  kEnteredInError = 10,
};

// Somebody is asked to do something next, and nothing has happened yet: silence counts.
bool AwaitsAnswer(ReferralState state);
// A referral in this state is about to meet a need.
bool IsLive(ReferralState state);

// What the referrals for one need make of it: met by a completed one, in progress with a live one, otherwise unmet.
NeedState NeedStateFrom(absl::Span<const ReferralState> referrals);

// Errors: FAILED_PRECONDITION STATE_FORBIDS, metadata from and to.
absl::Status CheckSettleNeed(NeedState from, NeedState to);
absl::Status CheckAcknowledge(AlertState from);

// What stands in the way of closing a case.
struct OpenLoops {
  int open_alerts = 0;
  int unanswered_referrals = 0;  // sent or accepted and not yet begun
};
// Errors: FAILED_PRECONDITION STATE_FORBIDS, OPEN_ALERTS or OPEN_REFERRALS.
absl::Status CheckClose(CaseState from, const OpenLoops& loops);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_DOMAIN_STATES_H_
