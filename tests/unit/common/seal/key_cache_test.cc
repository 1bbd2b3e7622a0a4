#include "common/seal/key_cache.h"

#include "gtest/gtest.h"

namespace trellis::seal {
namespace {

KeyOwner Owner(int number) { return {*Id::FromBytes(std::string(15, 'o') + static_cast<char>(number)), Id()}; }

SecretKey AnyKey() {
  return *SecretKey::Make([](unsigned char* out) { out[0] = 1; });
}

class KeyCacheTest : public ::testing::Test {
 protected:
  ManualClock clock_{absl::FromUnixSeconds(1'000'000)};
  KeyCache cache_{clock_, absl::Minutes(5), 3};
};

TEST_F(KeyCacheTest, KeepsAKeyForItsTimeAndNoLonger) {
  cache_.Put(Owner(1), AnyKey());
  clock_.Advance(absl::Minutes(5) - absl::Seconds(1));
  EXPECT_TRUE(cache_.Find(Owner(1)).has_value());
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(cache_.Find(Owner(1)).has_value());
}

TEST_F(KeyCacheTest, SweepDropsWhatNobodyAsksFor) {
  cache_.Put(Owner(1), AnyKey());
  clock_.Advance(absl::Minutes(3));
  cache_.Put(Owner(2), AnyKey());
  clock_.Advance(absl::Minutes(3));
  cache_.Sweep();
  EXPECT_EQ(cache_.size(), 1u);
  EXPECT_TRUE(cache_.Find(Owner(2)).has_value());
}

TEST_F(KeyCacheTest, AClockThatWasSetBackDoesNotProlongAKey) {
  cache_.Put(Owner(1), AnyKey());
  clock_.Advance(-absl::Hours(1));
  EXPECT_FALSE(cache_.Find(Owner(1)).has_value());
}

TEST_F(KeyCacheTest, TheOldestMakesRoom) {
  for (int i = 1; i <= 4; ++i) cache_.Put(Owner(i), AnyKey());
  EXPECT_EQ(cache_.size(), 3u);
  EXPECT_FALSE(cache_.Find(Owner(1)).has_value());
  EXPECT_TRUE(cache_.Find(Owner(4)).has_value());
}

TEST_F(KeyCacheTest, PutAgainStartsAnew) {
  cache_.Put(Owner(1), AnyKey());
  clock_.Advance(absl::Minutes(4));
  cache_.Put(Owner(1), AnyKey());
  clock_.Advance(absl::Minutes(4));
  cache_.Sweep();
  EXPECT_TRUE(cache_.Find(Owner(1)).has_value());
  cache_.Forget(Owner(1));
  EXPECT_FALSE(cache_.Find(Owner(1)).has_value());
}

// The slots of keys that nobody holds are used again, and an old key's bytes are gone from them.
TEST(SecretKeyTest, IsWipedWhenNobodyHoldsIt) {
  const unsigned char* place = nullptr;
  {
    const SecretKey key = *SecretKey::Make([](unsigned char* out) { std::fill(out, out + 32, 0x5A); });
    place = key.data();
    EXPECT_EQ(place[31], 0x5A);
  }
  const SecretKey next = *SecretKey::Make([](unsigned char*) {});
  EXPECT_EQ(next.data(), place);
  EXPECT_EQ(std::count(place, place + 32, 0), 32);
}

TEST(SecretKeyTest, ThereIsABound) {
  std::vector<SecretKey> keys;
  absl::StatusOr<SecretKey> key = SecretKey::Make([](unsigned char*) {});
  while (key.ok() && keys.size() < 100000) {
    keys.push_back(*key);
    key = SecretKey::Make([](unsigned char*) {});
  }
  EXPECT_TRUE(absl::IsResourceExhausted(key.status()));
  keys.clear();
  EXPECT_TRUE(SecretKey::Make([](unsigned char*) {}).ok());
}

}  // namespace
}  // namespace trellis::seal
