#include "tests/unit/common/feed/feed_fixture.h"

#include <tuple>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/runtime/migrations.h"
#include "google/protobuf/wrappers.pb.h"

namespace trellis::feed {

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

FeedTest::FeedTest() : database_({{"runtime", runtime::migrations::Files()}}) {}

absl::Status FeedTest::PublishIn(db::Session& tx, std::int64_t number, const Id& id) {
  google::protobuf::Int64Value payload;
  payload.set_value(number);
  return Publish(tx, {.id = id, .organization = Id(), .payload = payload, .occur_time = absl::Now(), .trace_id = ""});
}

void FeedTest::PublishNumbers(std::int64_t first, std::int64_t last) {
  for (std::int64_t number = first; number <= last; ++number) {
    const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) { return PublishIn(tx, number); });
    ASSERT_TRUE(status.ok()) << status;
  }
}

std::vector<FeedTest::Row> FeedTest::Sequenced() {
  std::vector<Row> out;
  const absl::Status status = pool().Read(Soon(), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(
        const auto rows,
        (session.Query<std::int64_t, std::string>(
            "SELECT position, payload FROM event WHERE position IS NOT NULL ORDER BY position LIMIT 100000")));
    for (const auto& [position, payload] : rows) {
      google::protobuf::Int64Value value;
      if (!value.ParseFromString(payload)) return absl::DataLossError("payload");
      out.push_back({position, value.value()});
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return out;
}

std::int64_t FeedTest::Count(const std::string& sql) {
  std::int64_t count = -1;
  const absl::Status status = pool().Read(Soon(), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::int64_t>(sql));
    count = row.has_value() ? std::get<0>(*row) : -1;
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return count;
}

absl::Status FeedTest::Run(const std::string& sql) {
  return pool().Transact(Soon(), [&](db::Session& tx) { return tx.Execute(sql).status(); });
}

std::int64_t NumberOf(const events::v1::Event& event) {
  google::protobuf::Int64Value value;
  return event.payload().UnpackTo(&value) ? value.value() : -1;
}

events::v1::Event NumberEvent(std::int64_t position, std::int64_t number) {
  events::v1::Event event;
  event.set_position(position);
  google::protobuf::Int64Value value;
  value.set_value(number);
  event.mutable_payload()->PackFrom(value);
  event.mutable_occur_time()->set_seconds(absl::ToUnixSeconds(absl::Now()));
  return event;
}

absl::StatusOr<EventBatch> ScriptedSource::Read(std::int64_t after, int limit, absl::Duration wait) {
  ++reads_;
  last_limit_ = limit;
  const absl::Time until = absl::Now() + wait;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (cancelled_) return absl::CancelledError("cancelled");
      if (!failure_.ok()) return failure_;
      EventBatch batch;
      if (!events_.empty()) batch.head = events_.back().position();
      for (const events::v1::Event& event : events_) {
        if (event.position() > after && static_cast<int>(batch.events.size()) < limit) batch.events.push_back(event);
      }
      if (!batch.events.empty() || absl::Now() >= until) return batch;
    }
    absl::SleepFor(absl::Milliseconds(1));
  }
}

void ScriptedSource::Add(events::v1::Event event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
}

void ScriptedSource::AddNumbers(std::int64_t first, std::int64_t last) {
  for (std::int64_t number = first; number <= last; ++number) Add(NumberEvent(number, number));
}

void ScriptedSource::Fail(absl::Status status) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(status);
}

void ScriptedSource::Clear() {
  const std::lock_guard lock(mutex_);
  events_.clear();
}

}  // namespace trellis::feed
