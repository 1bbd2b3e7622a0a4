#include "services/caseload/domain/states.h"

#include "common/base/error.h"
#include "gtest/gtest.h"
#include "services/caseload/domain/care_plan.h"

namespace trellis::caseload {
namespace {

using State = ReferralState;

TEST(NeedState, FollowsItsReferrals) {
  EXPECT_EQ(NeedStateFrom({}), NeedState::kUnmet);
  for (const State live : {State::kRequested, State::kAccepted, State::kInProgress, State::kOnHold}) {
    EXPECT_EQ(NeedStateFrom({live}), NeedState::kInProgress);
  }
  for (const State dead :
       {State::kDraft, State::kRejected, State::kCancelled, State::kFailed, State::kEnteredInError}) {
    EXPECT_EQ(NeedStateFrom({dead}), NeedState::kUnmet);
    EXPECT_EQ(NeedStateFrom({dead, State::kRequested}), NeedState::kInProgress) << "another referral is still live";
  }
  EXPECT_EQ(NeedStateFrom({State::kRejected, State::kCompleted, State::kRequested}), NeedState::kMet);
}

TEST(NeedState, IsSettledOnlyWhileItIsOpen) {
  for (const NeedState to : {NeedState::kMet, NeedState::kDropped}) {
    EXPECT_TRUE(CheckSettleNeed(NeedState::kUnmet, to).ok());
    EXPECT_TRUE(CheckSettleNeed(NeedState::kInProgress, to).ok());
    EXPECT_EQ(ReasonOf(CheckSettleNeed(NeedState::kMet, to)), "STATE_FORBIDS");
    EXPECT_EQ(ReasonOf(CheckSettleNeed(NeedState::kDropped, to)), "STATE_FORBIDS");
  }
}

TEST(AlertState, IsAcknowledgedOnce) {
  EXPECT_TRUE(CheckAcknowledge(AlertState::kOpen).ok());
  EXPECT_EQ(ReasonOf(CheckAcknowledge(AlertState::kAcknowledged)), "STATE_FORBIDS");
}

TEST(CaseState, ClosesOnlyWhenNothingIsLeftOpen) {
  EXPECT_TRUE(CheckClose(CaseState::kOpen, {}).ok());
  EXPECT_EQ(ReasonOf(CheckClose(CaseState::kClosed, {})), "STATE_FORBIDS");
  EXPECT_EQ(ReasonOf(CheckClose(CaseState::kOpen, {.open_alerts = 1, .unanswered_referrals = 1})), "OPEN_ALERTS");
  EXPECT_EQ(ReasonOf(CheckClose(CaseState::kOpen, {.unanswered_referrals = 2})), "OPEN_REFERRALS");
  EXPECT_EQ(DetailsOf(CheckClose(CaseState::kOpen, {.unanswered_referrals = 2}))->metadata[0].second, "2");
}

TEST(CarePlan, IsCompleteWhenSomethingCountsAndNothingIsUnmet) {
  CarePlanSummary plan;
  EXPECT_FALSE(plan.complete()) << "a plan without lines is no service";
  plan.Add(NeedState::kDropped, 3);
  EXPECT_FALSE(plan.complete());
  plan.Add(NeedState::kMet);
  plan.Add(NeedState::kInProgress, 2);
  EXPECT_TRUE(plan.complete());
  plan.Add(NeedState::kUnmet);
  EXPECT_FALSE(plan.complete());
  EXPECT_EQ(plan.lines(), 4);
}

}  // namespace
}  // namespace trellis::caseload
