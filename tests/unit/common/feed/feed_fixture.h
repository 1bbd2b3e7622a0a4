// A schema with the common tables, and short hands for events whose payload is a number.
#ifndef TRELLIS_TESTS_UNIT_COMMON_FEED_FEED_FIXTURE_H_
#define TRELLIS_TESTS_UNIT_COMMON_FEED_FEED_FIXTURE_H_

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/id.h"
#include "common/db/pool.h"
#include "common/feed/publish.h"
#include "common/feed/source.h"
#include "common/testing/scratch_database.h"
#include "gtest/gtest.h"

namespace trellis::feed {

absl::Time Soon();  // a deadline that only a hanging test reaches

class FeedTest : public ::testing::Test {
 protected:
  FeedTest();

  db::Pool& pool() { return database_.pool(); }
  Id NewId() { return ids_.Next(); }

  absl::Status PublishIn(db::Session& tx, std::int64_t number) { return PublishIn(tx, number, NewId()); }
  absl::Status PublishIn(db::Session& tx, std::int64_t number, const Id& id);
  void PublishNumbers(std::int64_t first, std::int64_t last);  // each in its own transaction

  struct Row {
    std::int64_t position;
    std::int64_t number;
    friend bool operator==(const Row&, const Row&) = default;
  };
  std::vector<Row> Sequenced();  // in the order of their positions
  std::int64_t Count(const std::string& sql);
  absl::Status Run(const std::string& sql);

  testing::ScratchDatabase database_;
  IdGenerator ids_{SystemClock(), SystemRandom()};
};

std::int64_t NumberOf(const events::v1::Event& event);
events::v1::Event NumberEvent(std::int64_t position, std::int64_t number);

// A feed without a server: events that the test puts there. Thread-safe.
class ScriptedSource final : public EventSource {
 public:
  absl::StatusOr<EventBatch> Read(std::int64_t after, int limit, absl::Duration wait) override;
  void Cancel() override { cancelled_ = true; }

  void Add(events::v1::Event event);
  void AddNumbers(std::int64_t first, std::int64_t last);
  void Fail(absl::Status status);  // until Fail(OK)
  void Clear();
  int reads() const { return reads_; }
  int last_limit() const { return last_limit_; }

 private:
  std::mutex mutex_;
  std::vector<events::v1::Event> events_;
  absl::Status failure_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<int> reads_ = 0;
  std::atomic<int> last_limit_ = 0;
};

}  // namespace trellis::feed

#endif  // TRELLIS_TESTS_UNIT_COMMON_FEED_FEED_FIXTURE_H_
