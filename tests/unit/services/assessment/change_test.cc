#include "services/assessment/domain/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/services/assessment/instruments_for_test.h"

namespace trellis::assessment {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const OutcomeDefinition& Total(const std::string& code) { return *FindOutcome(InstrumentOf(code), "total"); }

TEST(Change, Phq9IsReliableFromSixPointsOn) {
  const OutcomeDefinition& phq = Total("phq-9");
  for (int earlier = 0; earlier <= 27; ++earlier) {
    for (int now = 0; now <= 27; ++now) {
      const Change change = ClassifyChange(phq, earlier, now);
      const ChangeLabel expected = now - earlier >= 6    ? ChangeLabel::kReliablyWorse
                                   : earlier - now >= 6 ? ChangeLabel::kReliablyBetter
                                                        : ChangeLabel::kWithinError;
      EXPECT_EQ(change.label, expected) << earlier << " to " << now;
      EXPECT_EQ(change.difference, now - earlier);
    }
  }
}

TEST(Change, Gad7IsReliableFromFourPointsOn) {
  EXPECT_EQ(ClassifyChange(Total("gad-7"), 10, 14).label, ChangeLabel::kReliablyWorse);
  EXPECT_EQ(ClassifyChange(Total("gad-7"), 10, 13).label, ChangeLabel::kWithinError);
  EXPECT_EQ(ClassifyChange(Total("gad-7"), 10, 6).label, ChangeLabel::kReliablyBetter);
}

TEST(Change, WithoutAPublishedThresholdNothingIsClaimed) {
  EXPECT_EQ(ClassifyChange(Total("barthel"), 100, 0).label, ChangeLabel::kNoPublishedThreshold);
  EXPECT_EQ(ClassifyChange(Total("wsas"), 0, 40).label, ChangeLabel::kNoPublishedThreshold);
  EXPECT_FALSE(ClassifyChange(Total("wsas"), 40, 0).response.has_value());
}

TEST(Change, FollowsTheDirection) {
  OutcomeDefinition outcome = Total("barthel");
  outcome.reliable_change = Published{20, "made for the test"};
  outcome.response_percent = Published{50, "made for the test"};
  EXPECT_EQ(ClassifyChange(outcome, 40, 60).label, ChangeLabel::kReliablyBetter);
  EXPECT_EQ(ClassifyChange(outcome, 60, 40).label, ChangeLabel::kReliablyWorse);
  EXPECT_EQ(ClassifyChange(outcome, 40, 60).response, true);
  EXPECT_EQ(ClassifyChange(outcome, 60, 40).response, false);
}

TEST(Change, AThresholdReachedByFractionsIsReached) {
  EXPECT_EQ(ClassifyChange(Total("phq-9"), 0.1 + 0.2, 6.3).label, ChangeLabel::kReliablyWorse);
}

TEST(Change, ResponseIsHalfOfTheEarlierValue) {
  EXPECT_EQ(ClassifyChange(Total("phq-9"), 20, 10).response, true);
  EXPECT_EQ(ClassifyChange(Total("phq-9"), 20, 11).response, false);
  EXPECT_EQ(ClassifyChange(Total("phq-9"), 0, 0).response, std::nullopt);
}

TEST(Change, NamesTheBandSystemsCrossed) {
  EXPECT_THAT(ClassifyChange(Total("phq-9"), 9, 10).bands_crossed, ElementsAre("severity", "caseness"));
  EXPECT_THAT(ClassifyChange(Total("phq-9"), 4, 5).bands_crossed, ElementsAre("severity", "remission"));
  EXPECT_THAT(ClassifyChange(Total("phq-9"), 10, 14).bands_crossed, IsEmpty());
}

TEST(Change, StagesMoveButClaimNothing) {
  const OutcomeDefinition& fast = InstrumentOf("fast").outcomes[0];
  const Change change = ClassifyChange(fast, 9, 12);  // 6e to 7c
  EXPECT_EQ(change.difference, 3);
  EXPECT_EQ(change.label, ChangeLabel::kNoPublishedThreshold);
  EXPECT_THAT(change.bands_crossed, ElementsAre("hospice-from-7a", "hospice-from-7c"));
}

}  // namespace
}  // namespace trellis::assessment
