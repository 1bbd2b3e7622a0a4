#include "common/feed/head_signal.h"

#include <thread>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace trellis::feed {
namespace {

TEST(HeadSignal, NeverGoesBack) {
  HeadSignal signal;
  signal.Advance(5);
  signal.Advance(3);
  EXPECT_EQ(signal.head(), 5);
}

TEST(HeadSignal, WakesWhoWaitsBeyondAPosition) {
  HeadSignal signal;
  std::int64_t seen = 0;
  std::thread waiter([&] { seen = signal.WaitBeyond(1, absl::Seconds(30)); });
  signal.Advance(1);
  absl::SleepFor(absl::Milliseconds(10));
  signal.Advance(2);
  waiter.join();
  EXPECT_EQ(seen, 2);
}

TEST(HeadSignal, WaitsNoLongerThanAsked) {
  HeadSignal signal;
  const absl::Time before = absl::Now();
  EXPECT_EQ(signal.WaitBeyond(0, absl::Milliseconds(20)), 0);
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(19));
}

TEST(HeadSignal, ClosingWakesEverybody) {
  HeadSignal signal;
  std::thread waiter([&] { signal.WaitBeyond(0, absl::Seconds(30)); });
  signal.Close();
  waiter.join();
  EXPECT_TRUE(signal.closed());
  const absl::Time before = absl::Now();
  signal.WaitBeyond(0, absl::Seconds(30));
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
}

}  // namespace
}  // namespace trellis::feed
