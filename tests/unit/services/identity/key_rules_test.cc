#include "services/identity/domain/key_rules.h"

#include "common/access/token.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

constexpr absl::Duration kCachedKeys = absl::Minutes(5);  // Keys.GetKeySet
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

TEST(KeyRules, ASuccessorIsKnownEverywhereBeforeItSigns) {
  const Succession plan = PlanSuccession(kNow, /*at_once=*/false);
  EXPECT_GE(plan.use_time - kNow, 2 * kCachedKeys);
}

TEST(KeyRules, AKeyOutlivesItsLastToken) {
  const Succession plan = PlanSuccession(kNow, /*at_once=*/false);
  EXPECT_GE(plan.retire_others - plan.use_time, access::kMaxTokenLife + absl::Seconds(30));
}

TEST(KeyRules, AnEmergencyWaitsForNothing) {
  const Succession plan = PlanSuccession(kNow, /*at_once=*/true);
  EXPECT_EQ(plan.use_time, kNow);
  EXPECT_EQ(plan.retire_others, kNow);
}

TEST(KeyRules, AKeySignsForItsLifeAndNoLonger) {
  const absl::Duration life = absl::Hours(24 * 30);
  EXPECT_FALSE(NeedsSuccessor({kNow}, kNow + life - absl::Seconds(1), life));
  EXPECT_TRUE(NeedsSuccessor({kNow}, kNow + life, life));
  EXPECT_FALSE(NeedsSuccessor({kNow + absl::Minutes(10)}, kNow, life)) << "the successor is made already";
}

}  // namespace
}  // namespace trellis::identity
