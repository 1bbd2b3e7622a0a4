#include "services/referral/domain/state_table.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace trellis::referral {
namespace {

struct Step {
  State from;
  State to;
  bool requester;
  bool recipient;
};

constexpr Step kSteps[] = {
    {State::kDraft, State::kRequested, true, false},      {State::kRequested, State::kAccepted, false, true},
    {State::kRequested, State::kRejected, false, true},   {State::kRequested, State::kCancelled, true, true},
    {State::kAccepted, State::kInProgress, false, true},  {State::kAccepted, State::kCancelled, true, true},
    {State::kInProgress, State::kOnHold, false, true},    {State::kOnHold, State::kInProgress, false, true},
    {State::kInProgress, State::kCompleted, false, true}, {State::kInProgress, State::kFailed, false, true},
    {State::kInProgress, State::kCancelled, true, true},
};

// Any state but itself may turn out to have been a mistake.
Step Lookup(State from, State to) {
  if (to == State::kEnteredInError && from != State::kEnteredInError) return {from, to, true, false};
  for (const Step& step : kSteps) {
    if (step.from == from && step.to == to) return step;
  }
  return {from, to, false, false};
}

}  // namespace

std::string StateName(State state) {
  static constexpr std::array<const char*, 11> kNames = {"UNSPECIFIED", "DRAFT",   "REQUESTED",       "ACCEPTED",
                                                         "IN_PROGRESS", "ON_HOLD", "COMPLETED",       "REJECTED",
                                                         "CANCELLED",   "FAILED",  "ENTERED_IN_ERROR"};
  return kNames.at(static_cast<std::size_t>(state));
}

absl::Status CheckStep(State from, State to, Side side) {
  const Step step = Lookup(from, to);
  if (!step.requester && !step.recipient) return StepForbidden(from, to);
  if (side == Side::kRequester ? step.requester : step.recipient) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "WRONG_SIDE",
               absl::StrCat("only the ", step.requester ? "requester" : "recipient", " may make a referral ",
                            StateName(to)))
      .With("to", StateName(to));
}

absl::Status StepForbidden(State from, State to) {
  return Error(absl::StatusCode::kFailedPrecondition, "STATE_FORBIDS",
               absl::StrCat("this step does not lead from ", StateName(from), " to ", StateName(to)))
      .With("from", StateName(from))
      .With("to", StateName(to));
}

bool IsFinal(State state) { return state >= State::kCompleted; }

bool HasPlace(State state) {
  return state == State::kAccepted || state == State::kInProgress || state == State::kOnHold;
}

}  // namespace trellis::referral
