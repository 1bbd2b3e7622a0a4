#include "services/identity/domain/account_rules.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

TEST(ValidateLogin, WantsTheFormOfAnAddress) {
  for (const char* good : {"amy@example.org", "a.b+c@x.co", "ops@trellis.local"}) {
    EXPECT_TRUE(ValidateLogin(good, "login").ok()) << good;
  }
  for (const char* bad : {"", "amy", "@example.org", "amy@", "amy@org", "a@b@c.org", "amy @example.org",
                          "ämy@example.org", "amy@example.org.", "amy@.org", "amy\n@example.org"}) {
    EXPECT_EQ(ValidateLogin(bad, "login").code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  const std::string too_long = absl::StrCat(std::string(250, 'a'), "@example.org");
  EXPECT_FALSE(ValidateLogin(too_long, "login").ok());
}

TEST(RestAfterFailures, GrowsToAQuarterOfAnHourAndNoFurther) {
  EXPECT_EQ(RestAfterFailures(0), absl::ZeroDuration());
  EXPECT_EQ(RestAfterFailures(4), absl::ZeroDuration());
  EXPECT_EQ(RestAfterFailures(5), absl::Seconds(1));
  EXPECT_EQ(RestAfterFailures(6), absl::Seconds(2));
  EXPECT_EQ(RestAfterFailures(14), absl::Seconds(512));
  EXPECT_EQ(RestAfterFailures(15), absl::Minutes(15));
  EXPECT_EQ(RestAfterFailures(1'000'000), absl::Minutes(15));
}

TEST(TakeTry, TwentyAnHourThenRestsThatGrow) {
  AccountTries tries;
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  for (int i = 0; i < kFreeTriesInAnHour; ++i) EXPECT_TRUE(TakeTry(tries, now)) << i;
  EXPECT_TRUE(TakeTry(tries, now)) << "the 21st is looked at and begins the first rest";
  EXPECT_FALSE(TakeTry(tries, now));
  EXPECT_FALSE(TakeTry(tries, now + absl::Seconds(29)));
  now += absl::Seconds(30);
  EXPECT_TRUE(TakeTry(tries, now));
  EXPECT_FALSE(TakeTry(tries, now + absl::Seconds(59)));
  EXPECT_TRUE(TakeTry(tries, now + absl::Seconds(60)));
}

TEST(TakeTry, TakesNoMoreThanAHundredInARowHoweverLongItTakes) {
  AccountTries tries;
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  int taken = 0;
  for (int minute = 0; minute < 60 * 24 * 30; ++minute, now += absl::Minutes(1)) taken += TakeTry(tries, now) ? 1 : 0;
  EXPECT_EQ(taken, kMostFailuresInARow);
}

TEST(TakeTry, AnHourOfGuessesStaysBelowThirty) {
  AccountTries tries;
  const absl::Time start = absl::FromUnixSeconds(1'800'000'000);
  int taken = 0;
  for (absl::Time now = start; now < start + absl::Hours(1); now += absl::Seconds(1)) taken += TakeTry(tries, now);
  EXPECT_GT(taken, kFreeTriesInAnHour);
  EXPECT_LE(taken, 30);
}

TEST(GiveBack, ARightPasswordWasNoFailure) {
  AccountTries tries;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  for (int i = 0; i < 7; ++i) TakeTry(tries, now);
  GiveBack(tries, /*signed_in=*/false);
  EXPECT_EQ(tries.failures, 6);
  TakeTry(tries, now);
  GiveBack(tries, /*signed_in=*/true);
  EXPECT_EQ(tries.failures, 0);
  EXPECT_EQ(tries.hour_failures, 6) << "what was guessed within the hour stays counted";
}

}  // namespace
}  // namespace trellis::identity
