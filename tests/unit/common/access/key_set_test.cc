#include "common/access/key_set.h"

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "tests/unit/common/access/token_fixture.h"

namespace trellis::access {
namespace {

class KeySetTest : public TokenTest {};

TEST_F(KeySetTest, FetchesWhenFirstAsked) {
  EXPECT_EQ(*keys_.Find("key-1"), key_.PublicKey());
  EXPECT_EQ(*keys_.Find("key-1"), key_.PublicKey());
  EXPECT_EQ(fetches_, 1);
}

TEST_F(KeySetTest, AFloodOfUnknownKeyIdsCausesOneFetchInThirtySeconds) {
  ASSERT_TRUE(keys_.Find("key-1").ok());
  for (int i = 0; i < 100000; ++i) {
    if (i % 100 == 0) clock_.Advance(absl::Milliseconds(29));  // 29 s in all
    EXPECT_EQ(ReasonOf(keys_.Find(absl::StrCat("made-up-", i)).status()), "TOKEN_INVALID");
  }
  EXPECT_EQ(fetches_, 1);
  clock_.Advance(absl::Seconds(2));
  EXPECT_FALSE(keys_.Find("made-up").ok());
  EXPECT_FALSE(keys_.Find("made-up-too").ok());
  EXPECT_EQ(fetches_, 2);
}

TEST_F(KeySetTest, ANewKeyIsFound) {
  ASSERT_TRUE(keys_.Find("key-1").ok());
  published_.push_back({"key-2", std::string(32, 'k')});
  clock_.Advance(absl::Seconds(31));
  EXPECT_EQ(*keys_.Find("key-2"), std::string(32, 'k'));
}

TEST_F(KeySetTest, WithoutAnyKeyNobodyKnows) {
  fetch_status_ = absl::UnavailableError("identity is down");
  EXPECT_EQ(ReasonOf(keys_.Find("key-1").status()), "KEYS_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(keys_.Find("key-1").status()), "KEYS_UNAVAILABLE");
  EXPECT_EQ(fetches_, 1);  // not for each call
  fetch_status_ = absl::OkStatus();
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(keys_.Find("key-1").ok());
}

TEST_F(KeySetTest, AFailedRefreshLosesNoKey) {
  ASSERT_TRUE(keys_.Refresh().ok());
  fetch_status_ = absl::UnavailableError("identity is down");
  EXPECT_FALSE(keys_.Refresh().ok());
  EXPECT_TRUE(keys_.Find("key-1").ok());
  fetch_status_ = absl::OkStatus();
  published_.clear();
  EXPECT_FALSE(keys_.Refresh().ok());
  EXPECT_TRUE(keys_.Find("key-1").ok());
}

TEST_F(KeySetTest, AMalformedKeyIsRefused) {
  published_ = {{"key-1", "short"}};
  EXPECT_FALSE(keys_.Refresh().ok());
  published_ = {{"../key", std::string(32, 'k')}};
  EXPECT_FALSE(keys_.Refresh().ok());
}

TEST_F(KeySetTest, AWithdrawnKeyIsGoneAndTheGenerationTells) {
  ASSERT_TRUE(keys_.Refresh().ok());
  const std::uint64_t before = keys_.generation();
  ASSERT_TRUE(keys_.Refresh().ok());
  EXPECT_EQ(keys_.generation(), before);
  published_ = {{"key-2", std::string(32, 'k')}};
  ASSERT_TRUE(keys_.Refresh().ok());
  EXPECT_NE(keys_.generation(), before);
  EXPECT_FALSE(keys_.Find("key-1").ok());
}

// While one call waits for identity, made-up key ids must not hold up the others.
TEST(KeySet, ASlowFetchHoldsUpNobodyElse) {
  ManualClock clock(absl::UnixEpoch());
  absl::Notification fetching, go_on;
  int fetches = 0;
  KeySet keys(
      [&]() -> absl::StatusOr<std::vector<VerificationKey>> {
        if (++fetches > 1) {
          fetching.Notify();
          go_on.WaitForNotification();
        }
        return std::vector<VerificationKey>{{"key-1", std::string(32, 'k')}};
      },
      &clock);
  ASSERT_TRUE(keys.Refresh().ok());
  clock.Advance(absl::Minutes(1));
  std::thread slow([&] { EXPECT_FALSE(keys.Find("made-up").ok()); });
  fetching.WaitForNotification();
  EXPECT_TRUE(keys.Find("key-1").ok());
  EXPECT_EQ(ReasonOf(keys.Find("made-up-too").status()), "KEYS_UNAVAILABLE");
  go_on.Notify();
  slow.join();
}

TEST(KeySet, KeyIds) {
  EXPECT_TRUE(IsKeyId("a-Z_09"));
  EXPECT_TRUE(IsKeyId(std::string(64, 'x')));
  for (const char* bad : {"", "a b", "a/b", "a.b", "\xC3\xA9", "a\n"}) EXPECT_FALSE(IsKeyId(bad)) << bad;
  EXPECT_FALSE(IsKeyId(std::string(65, 'x')));
}

}  // namespace
}  // namespace trellis::access
