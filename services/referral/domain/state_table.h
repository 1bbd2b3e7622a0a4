// The states of a referral, and which side may set them: HL7 Gravity's referral task (fhir-sdoh-clinicalcare
// @6604b7ac).
#ifndef TRELLIS_SERVICES_REFERRAL_DOMAIN_STATE_TABLE_H_
#define TRELLIS_SERVICES_REFERRAL_DOMAIN_STATE_TABLE_H_

#include <string>

#include "absl/status/status.h"

namespace trellis::referral {

// The numbers are stored and are those of the contract; never change one.
enum class State {
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

// On which side of a referral somebody stands.
enum class Side { kRequester, kRecipient };

std::string StateName(State state);  // "IN_PROGRESS"

// May `side` move a referral from one state to the other?
// Errors: FAILED_PRECONDITION STATE_FORBIDS (metadata from, to); PERMISSION_DENIED WRONG_SIDE where only the other side
// may.
absl::Status CheckStep(State from, State to, Side side);

// The error STATE_FORBIDS itself.
absl::Status StepForbidden(State from, State to);

// No step leads on, except to ENTERED_IN_ERROR.
bool IsFinal(State state);
// The person has the place: from the acceptance until the end.
bool HasPlace(State state);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_DOMAIN_STATE_TABLE_H_
