#include "services/referral/domain/state_table.h"

#include <set>
#include <tuple>

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::referral {
namespace {

constexpr State kAll[] = {State::kDraft,  State::kRequested,     State::kAccepted, State::kInProgress,
                          State::kOnHold, State::kCompleted,     State::kRejected, State::kCancelled,
                          State::kFailed, State::kEnteredInError};

// The table of HL7 Gravity's referral task, written down a second time: from, to, requester may, recipient may.
const std::set<std::tuple<State, State, bool, bool>> kTable = {
    {State::kDraft, State::kRequested, true, false},      {State::kRequested, State::kAccepted, false, true},
    {State::kRequested, State::kRejected, false, true},   {State::kRequested, State::kCancelled, true, true},
    {State::kAccepted, State::kInProgress, false, true},  {State::kAccepted, State::kCancelled, true, true},
    {State::kInProgress, State::kOnHold, false, true},    {State::kOnHold, State::kInProgress, false, true},
    {State::kInProgress, State::kCompleted, false, true}, {State::kInProgress, State::kFailed, false, true},
    {State::kInProgress, State::kCancelled, true, true},
};

bool Allowed(State from, State to, Side side) {
  if (to == State::kEnteredInError) return from != State::kEnteredInError && side == Side::kRequester;
  for (const auto& [a, b, requester, recipient] : kTable) {
    if (a == from && b == to) return side == Side::kRequester ? requester : recipient;
  }
  return false;
}

TEST(StateTable, AllowsWhatGravityAllowsAndNothingElse) {
  for (const State from : kAll) {
    for (const State to : kAll) {
      for (const Side side : {Side::kRequester, Side::kRecipient}) {
        EXPECT_EQ(CheckStep(from, to, side).ok(), Allowed(from, to, side))
            << StateName(from) << " to " << StateName(to) << " by side " << static_cast<int>(side);
      }
    }
  }
}

TEST(StateTable, TellsTheWrongSideFromTheWrongStep) {
  EXPECT_EQ(ReasonOf(CheckStep(State::kRequested, State::kAccepted, Side::kRequester)), "WRONG_SIDE");
  const absl::Status forbidden = CheckStep(State::kCompleted, State::kAccepted, Side::kRecipient);
  EXPECT_EQ(ReasonOf(forbidden), "STATE_FORBIDS");
  EXPECT_EQ(DetailsOf(forbidden)->metadata,
            (std::vector<std::pair<std::string, std::string>>{{"from", "COMPLETED"}, {"to", "ACCEPTED"}}));
}

TEST(StateTable, NoStepButTheCorrectionLeavesAFinalState) {
  for (const State from : kAll) {
    if (!IsFinal(from)) continue;
    for (const State to : kAll) {
      if (to == State::kEnteredInError) continue;
      EXPECT_FALSE(CheckStep(from, to, Side::kRequester).ok());
      EXPECT_FALSE(CheckStep(from, to, Side::kRecipient).ok());
    }
    EXPECT_FALSE(HasPlace(from));
  }
}

}  // namespace
}  // namespace trellis::referral
