#include "common/runtime/timers.h"

#include <atomic>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace trellis::runtime {
namespace {

TEST(TimersTest, DoesItsWorkAgainAndAgainAlsoAfterErrors) {
  log::Options quiet;
  quiet.sink = [](absl::string_view) {};
  log::Configure(std::move(quiet));
  std::atomic<int> runs{0};
  absl::Notification enough;
  Timers timers;
  timers.Add("failing", absl::Milliseconds(1), absl::Seconds(1), [&](absl::Time) -> absl::Status {
    if (++runs == 5) enough.Notify();
    return absl::UnavailableError("not yet");
  });
  timers.Start();
  EXPECT_TRUE(enough.WaitForNotificationWithTimeout(absl::Seconds(10)));
  timers.Stop();
  const int after = runs;
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(runs, after) << "nothing runs after Stop";
  log::Configure({});
}

TEST(TimersTest, GivesEachWorkItsOwnInterval) {
  std::atomic<int> often{0}, rarely{0};
  absl::Notification enough;
  Timers timers;
  timers.Add("often", absl::Milliseconds(1), absl::Seconds(1), [&](absl::Time) {
    if (++often == 20) enough.Notify();
    return absl::OkStatus();
  });
  timers.Add("rarely", absl::Hours(1), absl::Seconds(1), [&](absl::Time) {
    ++rarely;
    return absl::OkStatus();
  });
  timers.Start();
  EXPECT_TRUE(enough.WaitForNotificationWithTimeout(absl::Seconds(10)));
  timers.Stop();
  EXPECT_EQ(rarely, 1);
}

TEST(TimersTest, StopsAtOnceWithoutWorkAndWithoutStart) {
  Timers never_started;
  never_started.Add("x", absl::Hours(1), absl::Seconds(1), [](absl::Time) { return absl::OkStatus(); });
  never_started.Stop();
  Timers empty;
  empty.Start();
  empty.Stop();
}

}  // namespace
}  // namespace trellis::runtime
