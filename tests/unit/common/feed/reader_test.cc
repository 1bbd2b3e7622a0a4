#include "common/feed/reader.h"

#include <thread>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/feed/sequencer.h"
#include "google/protobuf/wrappers.pb.h"
#include "tests/unit/common/feed/feed_fixture.h"

namespace trellis::feed {
namespace {

class ReaderTest : public FeedTest {
 protected:
  absl::StatusOr<EventBatch> Read(std::int64_t after, int limit, absl::Duration wait = absl::ZeroDuration()) {
    return reader_.Read(after, limit, wait, Soon(), [] { return false; });
  }
  HeadSignal signal_;
  Sequencer sequencer_{&pool(), &signal_};
  Reader reader_{&pool(), &signal_};
};

TEST_F(ReaderTest, ReturnsEverythingThatWasPublished) {
  const Id id = NewId(), organization = NewId();
  const absl::Time when = absl::FromUnixMicros(1790000000123456);
  google::protobuf::StringValue payload;
  payload.set_value("fact");
  ASSERT_TRUE(pool()
                  .Transact(Soon(),
                            [&](db::Session& tx) {
                              return Publish(tx, {.id = id,
                                                  .organization = organization,
                                                  .payload = payload,
                                                  .occur_time = when,
                                                  .trace_id = "0af7651916cd43dd8448eb211c80319c"});
                            })
                  .ok());
  ASSERT_EQ(*sequencer_.SequenceOnce(), 1);
  const absl::StatusOr<EventBatch> batch = Read(0, 10);
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->events.size(), 1u);
  const events::v1::Event& event = batch->events[0];
  EXPECT_EQ(event.position(), 1);
  EXPECT_EQ(event.id(), id.ToString());
  EXPECT_EQ(event.organization(), "organizations/" + organization.ToString());
  EXPECT_EQ(event.trace_id(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(event.occur_time().seconds(), 1790000000);
  EXPECT_EQ(event.occur_time().nanos(), 123456000);
  google::protobuf::StringValue read;
  ASSERT_TRUE(event.payload().UnpackTo(&read));
  EXPECT_EQ(read.value(), "fact");
  EXPECT_EQ(batch->head, 1);
}

TEST_F(ReaderTest, PagesThroughTheFeed) {
  PublishNumbers(1, 250);
  ASSERT_EQ(*sequencer_.SequenceOnce(), 250);
  std::int64_t after = 0;
  for (const std::size_t expected : {120u, 120u, 10u, 0u}) {
    const absl::StatusOr<EventBatch> batch = Read(after, 120);
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_EQ(batch->events.size(), expected);
    EXPECT_EQ(batch->head, 250);
    for (const events::v1::Event& event : batch->events) {
      EXPECT_EQ(event.position(), ++after);
      EXPECT_EQ(NumberOf(event), after);
    }
  }
}

TEST_F(ReaderTest, EventsWithoutAPlaceAreNotThere) {
  PublishNumbers(1, 3);
  EXPECT_TRUE(Read(0, 10)->events.empty());
}

TEST_F(ReaderTest, WaitsForTheFirstEvent) {
  sequencer_.Start();
  std::thread writer([&] {
    absl::SleepFor(absl::Milliseconds(50));
    PublishNumbers(1, 1);
    sequencer_.Notify();
  });
  const absl::StatusOr<EventBatch> batch = Read(0, 10, absl::Seconds(20));
  writer.join();
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->events.size(), 1u);
}

TEST_F(ReaderTest, AnEmptyAnswerComesAfterTheWaitOrWhenNobodyWaitsAnyMore) {
  const absl::Time before = absl::Now();
  EXPECT_TRUE(Read(0, 10, absl::Milliseconds(150))->events.empty());
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(149));
  EXPECT_TRUE(reader_.Read(0, 10, absl::Seconds(60), Soon(), [] { return true; })->events.empty());
  signal_.Close();
  EXPECT_TRUE(Read(0, 10, absl::Seconds(60))->events.empty());
  EXPECT_LT(absl::Now() - before, absl::Seconds(30));
}

// Without this a follower would believe itself up to date while a sequencer stands still.
TEST_F(ReaderTest, SaysSoWhenCommittedEventsHaveNoPlaceForLong) {
  PublishNumbers(1, 2);
  ASSERT_EQ(*sequencer_.SequenceOnce(), 2);
  PublishNumbers(3, 3);
  ASSERT_TRUE(Run("UPDATE event SET write_time = write_time - INTERVAL 10 SECOND WHERE position IS NULL").ok());
  EXPECT_EQ(ReasonOf(Read(2, 10).status()), "FEED_BEHIND");
  const absl::StatusOr<EventBatch> batch = Read(0, 10);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->events.size(), 2u);
  EXPECT_GT(batch->head, 2);  // not the end
}

TEST_F(ReaderTest, AnAnswerIsBoundedInBytes) {
  google::protobuf::BytesValue payload;
  payload.set_value(std::string(30000, 'x'));
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) -> absl::Status {
    for (int i = 0; i < 60; ++i) {
      TRELLIS_RETURN_IF_ERROR(Publish(
          tx, {.id = NewId(), .organization = Id(), .payload = payload, .occur_time = absl::Now(), .trace_id = ""}));
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(*sequencer_.SequenceOnce(), 60);
  const absl::StatusOr<EventBatch> batch = Read(0, 1000);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->events.size(), Reader::kMaxBytes / 30003);
  EXPECT_EQ(batch->head, 60);
}

}  // namespace
}  // namespace trellis::feed
