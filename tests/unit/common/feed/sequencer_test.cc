#include "common/feed/sequencer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "tests/unit/common/feed/feed_fixture.h"

namespace trellis::feed {
namespace {

class SequencerTest : public FeedTest {
 protected:
  HeadSignal signal_;
};

TEST_F(SequencerTest, GivesPlacesInTheOrderOfWriting) {
  PublishNumbers(1, 5);
  Sequencer sequencer(&pool(), &signal_);
  EXPECT_EQ(*sequencer.SequenceOnce(), 5);
  EXPECT_EQ(*sequencer.SequenceOnce(), 0);
  PublishNumbers(6, 7);
  EXPECT_EQ(*sequencer.SequenceOnce(), 2);
  EXPECT_EQ(Sequenced(), (std::vector<Row>{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}}));
  EXPECT_EQ(signal_.head(), 7);
}

// Ids carry the clock of whoever made them; two replicas' clocks may differ. The order of two changes of one record
// must not: the later one waits for the lock of the earlier, and the database's clock sees that.
TEST_F(SequencerTest, ClocksOfTheWritersDoNotMatter) {
  ManualClock fast(absl::Now() + absl::Minutes(10)), slow(absl::Now() - absl::Minutes(10));
  IdGenerator ahead(fast, SystemRandom()), behind(slow, SystemRandom());
  for (int i = 0; i < 20; ++i) {
    const Id id = (i % 2 == 0 ? ahead : behind).Next();
    ASSERT_TRUE(pool().Transact(Soon(), [&](db::Session& tx) { return PublishIn(tx, i, id); }).ok());
  }
  Sequencer sequencer(&pool(), &signal_);
  EXPECT_EQ(*sequencer.SequenceOnce(), 20);
  for (const Row& row : Sequenced()) EXPECT_EQ(row.position, row.number + 1);
}

TEST_F(SequencerTest, ABacklogIsWorkedOffInBoundedTransactions) {
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) {
    for (int i = 1; i <= 1200; ++i) TRELLIS_RETURN_IF_ERROR(PublishIn(tx, i));
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  Sequencer sequencer(&pool(), &signal_);
  EXPECT_EQ(*sequencer.SequenceOnce(), 500);
  EXPECT_EQ(*sequencer.SequenceOnce(), 500);
  EXPECT_EQ(*sequencer.SequenceOnce(), 200);
  for (const Row& row : Sequenced()) ASSERT_EQ(row.position, row.number);
}

TEST_F(SequencerTest, HearsWhatAnotherReplicaDid) {
  PublishNumbers(1, 3);
  HeadSignal there;
  ASSERT_EQ(*Sequencer(&pool(), &there).SequenceOnce(), 3);
  Sequencer here(&pool(), &signal_);
  EXPECT_EQ(*here.SequenceOnce(), 0);
  EXPECT_EQ(signal_.head(), 3);
}

TEST_F(SequencerTest, ANoticeIsFasterThanThePoll) {
  Sequencer::Options options;
  options.busy = options.idle = absl::Seconds(60);
  Sequencer sequencer(&pool(), &signal_, options);
  sequencer.Start();
  absl::SleepFor(absl::Milliseconds(100));  // asleep by now
  PublishNumbers(1, 1);
  sequencer.Notify();
  EXPECT_EQ(signal_.WaitBeyond(0, absl::Seconds(20)), 1);
  sequencer.Stop();
}

TEST_F(SequencerTest, WithoutANoticeThePollFindsIt) {
  Sequencer sequencer(&pool(), &signal_);
  sequencer.Start();
  PublishNumbers(1, 1);
  EXPECT_EQ(signal_.WaitBeyond(0, absl::Seconds(20)), 1);
}

// Eight writers, two replicas' sequencers, every fifth transaction rolled back, one to three events in each.
TEST_F(SequencerTest, LeavesNoGapUnderConcurrency) {
  constexpr int kWriters = 8, kTransactions = 60;
  auto writers_pool = database_.NewPool({.max_wait = absl::Seconds(20)});
  auto pool_a = database_.NewPool({.size = 2}), pool_b = database_.NewPool({.size = 2});
  HeadSignal signal_b;
  Sequencer::Options options;
  options.batch = 7;  // so that both get to work often
  Sequencer a(pool_a.get(), &signal_, options), b(pool_b.get(), &signal_b, options);
  a.Start();
  b.Start();

  std::mutex mutex;
  std::set<std::int64_t> committed;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kTransactions; ++i) {
        std::vector<std::int64_t> numbers;
        const absl::Status status = writers_pool->Transact(Soon(), [&](db::Session& tx) -> absl::Status {
          numbers.clear();
          for (int n = 0; n <= i % 3; ++n) {
            numbers.push_back(writer * 1000000 + i * 10 + n);
            TRELLIS_RETURN_IF_ERROR(PublishIn(tx, numbers.back()));
          }
          return i % 5 == 4 ? absl::FailedPreconditionError("rolled back") : absl::OkStatus();
        });
        EXPECT_EQ(status.ok(), i % 5 != 4) << status;
        (i % 2 == 0 ? a : b).Notify();
        const std::lock_guard lock(mutex);
        if (status.ok()) committed.insert(numbers.begin(), numbers.end());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto total = static_cast<std::int64_t>(committed.size());
  while (signal_.WaitBeyond(total - 1, absl::Seconds(20)) < total) ASSERT_LT(signal_.head(), total);
  a.Stop();
  b.Stop();

  const std::vector<Row> rows = Sequenced();
  ASSERT_EQ(rows.size(), committed.size());
  std::map<std::int64_t, std::int64_t> last_of_writer;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].position, static_cast<std::int64_t>(i) + 1);
    EXPECT_TRUE(committed.contains(rows[i].number)) << "an event that was rolled back: " << rows[i].number;
    std::int64_t& last = last_of_writer.try_emplace(rows[i].number / 1000000, -1).first->second;
    EXPECT_GT(rows[i].number, last) << "out of the writer's order";
    last = rows[i].number;
  }
  EXPECT_EQ(Count("SELECT COUNT(*) FROM event WHERE position IS NULL"), 0);
  EXPECT_EQ(Count("SELECT position FROM feed_head WHERE id = 1"), total);
}

}  // namespace
}  // namespace trellis::feed
