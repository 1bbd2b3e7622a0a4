// From the transaction of the change to the effect elsewhere: writers, sequencers, reader, followers, all at once.
#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/feed/follower.h"
#include "common/feed/reader.h"
#include "common/feed/sequencer.h"
#include "common/runtime/migrations.h"
#include "tests/unit/common/feed/feed_fixture.h"

namespace trellis::feed {
namespace {

class PipelineTest : public FeedTest {};

TEST_F(PipelineTest, EveryCommittedEventTakesEffectOnceAndSoon) {
  testing::ScratchDatabase downstream({{"runtime", runtime::migrations::Files()}});
  ASSERT_TRUE(downstream.pool()
                  .Read(Soon(),
                        [](db::Session& session) {
                          return session.ExecuteText(
                              "CREATE TABLE effect (id BINARY(16) NOT NULL PRIMARY KEY, number BIGINT NOT NULL)");
                        })
                  .ok());
  HeadSignal signal;
  Sequencer sequencer(&pool(), &signal);
  sequencer.Start();
  const Reader reader(&pool(), &signal);
  LocalSource source(&reader);
  Follower::Options options;
  options.feed = "upstream";
  options.owner = NewId();
  std::vector<absl::Duration> lags;
  Follower follower(options, &source, &downstream.pool(), [&](db::Session& tx, const events::v1::Event& event) {
    lags.push_back(absl::Now() - absl::FromUnixSeconds(event.occur_time().seconds()) -
                   absl::Nanoseconds(event.occur_time().nanos()));
    return tx.Execute("INSERT INTO effect (id, number) VALUES (?, ?)", NewId(), NumberOf(event)).status();
  });
  follower.Start();

  constexpr int kWriters = 4, kEvents = 50;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kEvents; ++i) {
        const std::int64_t number = writer * 1000 + i;
        EXPECT_TRUE(pool().Transact(Soon(), [&](db::Session& tx) { return PublishIn(tx, number); }).ok());
        sequencer.Notify();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();

  std::int64_t rows = 0, numbers = 0;
  const absl::Time until = absl::Now() + absl::Seconds(30);
  while (rows < kWriters * kEvents && absl::Now() < until) {
    absl::SleepFor(absl::Milliseconds(5));
    ASSERT_TRUE(downstream.pool()
                    .Read(Soon(),
                          [&](db::Session& session) -> absl::Status {
                            TRELLIS_ASSIGN_OR_RETURN(const auto row,
                                                     (session.QueryOne<std::int64_t, std::int64_t>(
                                                         "SELECT COUNT(*), COUNT(DISTINCT number) FROM effect")));
                            std::tie(rows, numbers) = *row;
                            return absl::OkStatus();
                          })
                    .ok());
  }
  follower.Stop();
  sequencer.Stop();
  EXPECT_EQ(rows, kWriters * kEvents);
  EXPECT_EQ(numbers, kWriters * kEvents);
  std::sort(lags.begin(), lags.end());
  RecordProperty("lag_p50_us", static_cast<int>(absl::ToInt64Microseconds(lags[lags.size() / 2])));
  std::cout << "lag p50 " << lags[lags.size() / 2] << ", max " << lags.back() << std::endl;
}

}  // namespace
}  // namespace trellis::feed
