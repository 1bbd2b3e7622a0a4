#include "services/identity/api/password_hasher.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

constexpr crypto::PasswordHashing kCheap = {.memory_kib = 19456, .passes = 2, .lanes = 1};

absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

TEST(PasswordHasher, HashesAndVerifies) {
  PasswordHasher hasher({.hashing = kCheap}, SystemRandom());
  const std::string hash = hasher.Hash("correct horse battery", Soon()).value();
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_TRUE(hasher.Verify(hash, "correct horse battery", Soon()).value());
  EXPECT_FALSE(hasher.Verify(hash, "correct horse batterY", Soon()).value());
  EXPECT_FALSE(hasher.NeedsRehash(hash));
  EXPECT_TRUE(PasswordHasher({}, SystemRandom()).NeedsRehash(hash));
  hasher.VerifyNothing(hasher.Enter(Soon()).value(), "anything");
}

TEST(PasswordHasher, RefusesAtOnceWhatIsTooMuch) {
  PasswordHasher hasher({.hashing = kCheap, .at_once = 1, .waiting = 1}, SystemRandom());
  std::atomic<int> done = 0;
  std::atomic<int> busy = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      const auto hash = hasher.Hash("correct horse battery", Soon());
      if (hash.ok()) ++done;
      if (ReasonOf(hash.status()) == "SIGN_IN_BUSY") ++busy;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(done, 1);
  EXPECT_GE(busy, 1);
  EXPECT_EQ(done + busy, 16);
  EXPECT_TRUE(hasher.Hash("correct horse battery", Soon()).ok()) << "the turn comes back";
}

TEST(PasswordHasher, SaysAtOnceWhetherThereIsRoom) {
  PasswordHasher hasher({.hashing = kCheap, .at_once = 1, .waiting = 0}, SystemRandom());
  EXPECT_TRUE(hasher.CheckRoom().ok());
  {
    const auto slot = hasher.Enter(Soon());
    ASSERT_TRUE(slot.ok()) << slot.status();
    EXPECT_EQ(ReasonOf(hasher.CheckRoom()), "SIGN_IN_BUSY");
  }
  EXPECT_TRUE(hasher.CheckRoom().ok());
}

TEST(PasswordHasher, WhoeverIsKnownGoesPastACrowd) {
  PasswordHasher hasher({.hashing = kCheap, .at_once = 1, .waiting = 8}, SystemRandom());
  const std::string hash = hasher.Hash("correct horse battery", Soon()).value();
  std::atomic<int> started = 0;
  std::atomic<int> done = 0;
  std::vector<std::thread> crowd;
  for (int i = 0; i < 8; ++i) {
    crowd.emplace_back([&] {
      ++started;
      const auto slot = hasher.Enter(Soon());
      if (slot.ok()) hasher.VerifyNothing(*slot, "guess");
      ++done;
    });
  }
  while (started < 8) absl::SleepFor(absl::Milliseconds(1));
  absl::SleepFor(absl::Milliseconds(5));
  {
    const auto slot = hasher.Enter(Soon(), "a device");
    ASSERT_TRUE(slot.ok()) << slot.status();
    EXPECT_TRUE(hasher.Verify(*slot, hash, "correct horse battery"));
  }
  EXPECT_LT(done, 8) << "some of the crowd wait still";
  for (std::thread& thread : crowd) thread.join();
}

// One device goes first once at a time, so that nobody's device is a crowd that keeps all others waiting.
TEST(PasswordHasher, OneDeviceIsNoCrowd) {
  PasswordHasher hasher({.hashing = kCheap, .at_once = 1, .waiting = 2}, SystemRandom());
  auto running = std::make_unique<PasswordHasher::Slot>(hasher.Enter(Soon()).value());
  std::atomic<int> entered = 0;
  std::atomic<int> busy = 0;
  const auto enter = [&](const std::string& device) {
    return std::thread([&, device] {
      const auto slot = hasher.Enter(Soon(), device);
      if (slot.ok()) ++entered;
      if (ReasonOf(slot.status()) == "SIGN_IN_BUSY") ++busy;
    });
  };
  // One of them waits among the first, two in the usual order, and the others are too much.
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) threads.push_back(enter("one device"));
  while (busy < 3) absl::SleepFor(absl::Milliseconds(1));
  threads.push_back(enter("another device"));
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(busy, 3) << "there is room among the first";
  running.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(entered, 4);
}

}  // namespace
}  // namespace trellis::identity
