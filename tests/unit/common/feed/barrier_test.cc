#include "common/feed/barrier.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/unit/common/feed/feed_fixture.h"

namespace trellis::feed {
namespace {

using Outcome = Barrier::Outcome;

class BarrierTest : public FeedTest {
 protected:
  // As the replica that works the feed writes it.
  void PutProgress(std::int64_t position, int seconds_old) {
    const absl::Status status = Run(
        absl::StrCat("REPLACE INTO feed_follower (feed, owner, fence, lease_until, position, caught_up_time) VALUES "
                     "('identity', 'aaaaaaaaaaaaaaaa', 1, UTC_TIMESTAMP(6), ",
                     position, ", UTC_TIMESTAMP(6) - INTERVAL ", seconds_old, " SECOND)"));
    ASSERT_TRUE(status.ok()) << status;
  }
  static absl::Time In(absl::Duration time) { return absl::Now() + time; }

  std::atomic<std::int64_t> head_{7};
  std::atomic<int> asked_{0};
  std::atomic<std::int64_t> shared_applied_{0};
  Barrier barrier_{{.feed = "identity"},
                   [this](absl::Time) -> absl::StatusOr<std::int64_t> {
                     ++asked_;
                     const std::int64_t head = head_;
                     if (head < 0) return absl::UnavailableError("away");
                     return head;
                   },
                   &pool()};
};

TEST_F(BarrierTest, PassesWhereEverythingIsApplied) {
  barrier_.Applied(7);
  EXPECT_EQ(*barrier_.Await(In(absl::Seconds(10))), Outcome::kReached);
}

TEST_F(BarrierTest, WaitsForThisReplica) {
  PutProgress(6, 0);
  std::thread applier([&] {
    absl::SleepFor(absl::Milliseconds(100));
    barrier_.Applied(7);
  });
  const absl::Time start = absl::Now();
  EXPECT_EQ(*barrier_.Await(In(absl::Seconds(10))), Outcome::kReached);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(90));
  applier.join();
}

TEST_F(BarrierTest, WaitsForAnotherReplica) {
  PutProgress(6, 0);
  std::thread applier([&] {
    absl::SleepFor(absl::Milliseconds(50));
    PutProgress(7, 0);
  });
  EXPECT_EQ(*barrier_.Await(In(absl::Seconds(10))), Outcome::kReached);
  applier.join();
}

TEST_F(BarrierTest, GoesOnWhereNoReplicaTrustsItsCopy) {
  EXPECT_EQ(*barrier_.Await(In(absl::Seconds(10))), Outcome::kStale) << "nobody has followed yet";
  PutProgress(6, 7);
  EXPECT_EQ(*barrier_.Await(In(absl::Seconds(10))), Outcome::kStale);
}

TEST_F(BarrierTest, EndsWithTheDeadline) {
  PutProgress(6, 0);
  EXPECT_EQ(barrier_.Await(In(absl::Milliseconds(50))).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(BarrierTest, GoesOnWhereNobodyAnswers) {
  PutProgress(6, 0);
  head_ = -1;
  EXPECT_EQ(*barrier_.Await(In(absl::Seconds(10))), Outcome::kUnknown);
  PutProgress(6, 7);
  const int asked = asked_;
  EXPECT_EQ(*barrier_.Await(In(absl::Seconds(10))), Outcome::kStale);
  EXPECT_EQ(asked_, asked) << "who has been away for long is not asked by every write";
  PutProgress(7, 0);
  head_ = 7;
  EXPECT_EQ(*barrier_.Await(In(absl::Seconds(10))), Outcome::kReached);
}

// Sixteen writers beside one who makes the head grow: each must be let through only when what was there when it came is
// applied, and few questions are enough.
TEST_F(BarrierTest, SharesQuestionsThatWereSentLaterOnly) {
  std::atomic<std::int64_t> truth{1};
  std::atomic<std::int64_t> applied{0};
  std::atomic<int> questions{0};
  Barrier shared(
      {.feed = "identity"},
      [&](absl::Time) -> absl::StatusOr<std::int64_t> {
        ++questions;
        const std::int64_t seen = truth;
        absl::SleepFor(absl::Milliseconds(1));
        applied = seen;
        shared_applied_ = seen;
        return seen;
      },
      &pool());
  PutProgress(0, 0);
  std::atomic<int> passed{0};
  std::vector<std::thread> writers;
  for (int i = 0; i < 16; ++i) {
    writers.emplace_back([&] {
      for (int k = 0; k < 20; ++k) {
        const std::int64_t before = ++truth;
        const absl::StatusOr<Outcome> outcome = shared.Await(In(absl::Seconds(20)));
        if (outcome.ok() && *outcome == Outcome::kReached && applied >= before) ++passed;
      }
    });
  }
  std::atomic<bool> done{false};
  std::thread follower([&] {
    while (!done) {
      shared.Applied(shared_applied_);
      absl::SleepFor(absl::Microseconds(200));
    }
  });
  for (std::thread& writer : writers) writer.join();
  done = true;
  follower.join();
  EXPECT_EQ(passed, 16 * 20);
  EXPECT_LT(questions, 16 * 20 / 2);
}

}  // namespace
}  // namespace trellis::feed
