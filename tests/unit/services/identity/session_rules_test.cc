#include "services/identity/domain/session_rules.h"

#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1790000000);

SessionState Fresh(int generation) {
  return {.generation = generation, .refresh_time = kStart, .expire_time = kStart + kSessionLife, .ended = false};
}

TEST(SessionRules, ASessionEndsWhenItIsToldToAndByItself) {
  SessionState session = Fresh(1);
  EXPECT_TRUE(GoesOn(session, kStart));
  EXPECT_TRUE(GoesOn(session, kStart + kSessionIdle - absl::Microseconds(1)));
  EXPECT_FALSE(GoesOn(session, kStart + kSessionIdle));
  session.refresh_time = kStart + kSessionLife - absl::Minutes(1);
  EXPECT_TRUE(GoesOn(session, kStart + kSessionLife - absl::Microseconds(1)));
  EXPECT_FALSE(GoesOn(session, kStart + kSessionLife)) << "however often it was refreshed";
  session = Fresh(1);
  session.ended = true;
  EXPECT_FALSE(GoesOn(session, kStart));
}

TEST(SessionRules, AnUnusedTokenGivesTheNextOne) {
  EXPECT_EQ(JudgeRefresh(Fresh(7), {.generation = 7, .use_time = std::nullopt}, kStart), Refresh::kNext);
}

TEST(SessionRules, TheLastUsedTokenMayBeShownAgainForTenSeconds) {
  const ShownToken last{.generation = 6, .use_time = kStart};
  EXPECT_EQ(JudgeRefresh(Fresh(7), last, kStart), Refresh::kRepeat);
  EXPECT_EQ(JudgeRefresh(Fresh(7), last, kStart + kRefreshGrace), Refresh::kRepeat);
  EXPECT_EQ(JudgeRefresh(Fresh(7), last, kStart + kRefreshGrace + absl::Microseconds(1)), Refresh::kTheft);
}

TEST(SessionRules, AnOlderTokenIsATheftHoweverFreshItsUse) {
  for (int generation = 1; generation < 6; ++generation) {
    EXPECT_EQ(JudgeRefresh(Fresh(7), {.generation = generation, .use_time = kStart}, kStart), Refresh::kTheft);
  }
}

TEST(SessionRules, OfASessionThatIsOverNothingComes) {
  SessionState session = Fresh(7);
  session.ended = true;
  EXPECT_EQ(JudgeRefresh(session, {.generation = 7, .use_time = std::nullopt}, kStart), Refresh::kTooLate);
  EXPECT_EQ(JudgeRefresh(session, {.generation = 6, .use_time = kStart}, kStart), Refresh::kTooLate);
  EXPECT_EQ(JudgeRefresh(Fresh(7), {.generation = 7, .use_time = std::nullopt}, kStart + kSessionIdle),
            Refresh::kTooLate);
}

}  // namespace
}  // namespace trellis::identity
