// Waits until this schema has applied everything that another service had told anybody by now.
#ifndef TRELLIS_COMMON_FEED_BARRIER_H_
#define TRELLIS_COMMON_FEED_BARRIER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/feed/head_signal.h"

namespace trellis::db {
class Pool;
}

namespace trellis::feed {

// One for each feed, beside its follower. Thread-safe. Holds no connection while it waits.
class Barrier {
 public:
  // The end of the feed, with everything that was committed before the question (EventFeed.GetHead).
  using AskHead = std::function<absl::StatusOr<std::int64_t>(absl::Time deadline)>;

  struct Options {
    std::string feed;                                   // "identity"
    absl::Duration ask_limit = absl::Seconds(1);        // of one question
    absl::Duration stale_after = absl::Seconds(6);      // Freshness' bound, and a second for clocks that differ
    absl::Duration first_look = absl::Milliseconds(3);  // at the row that the working replica writes
    absl::Duration last_look = absl::Milliseconds(50);
  };

  enum class Outcome {
    kReached,  // what the feed held when Await was called is applied, for all replicas
    kUnknown,  // nobody could say where the feed ends
    kStale,    // no replica has been up to date for so long that none of them trusts its copy
  };

  Barrier(Options options, AskHead ask, db::Pool* pool);

  // This process has applied everything up to `position` and committed it.
  void Applied(std::int64_t position) { applied_.Advance(position); }

  // Errors: DEADLINE_EXCEEDED; those of the database.
  absl::StatusOr<Outcome> Await(absl::Time deadline);

 private:
  struct Progress {
    std::int64_t position = 0;
    bool stale = true;
  };

  absl::StatusOr<std::int64_t> Head(absl::Time deadline);
  absl::StatusOr<std::int64_t> AskAs(std::int64_t number, absl::Time deadline);
  absl::StatusOr<Outcome> Reach(std::int64_t head, absl::Time deadline);
  absl::StatusOr<Progress> Look(absl::Time deadline);

  const Options options_;
  const AskHead ask_;
  db::Pool* const pool_;
  HeadSignal applied_;

  // One question at a time, and its answer for all who came before it was sent. std::mutex: see head_signal.h.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asking_ = false;        // guarded by mutex_
  std::int64_t sent_ = 0;      // guarded by mutex_; number of the last question
  std::int64_t answered_ = 0;  // guarded by mutex_; number of the last one with an answer for all
  absl::StatusOr<std::int64_t> answer_ = std::int64_t{0};  // guarded by mutex_
  bool silent_ = false;                                    // guarded by mutex_; the last question had no answer
};

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_BARRIER_H_
