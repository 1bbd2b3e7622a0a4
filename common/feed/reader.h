// Reads this schema's own events by position.
#ifndef TRELLIS_COMMON_FEED_READER_H_
#define TRELLIS_COMMON_FEED_READER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/feed/head_signal.h"
#include "common/feed/source.h"

namespace trellis::db {
class Pool;
}

namespace trellis::feed {

// Thread-safe.
class Reader {
 public:
  static constexpr int kMaxEvents = 1000;
  static constexpr std::size_t kMaxBytes = 1 << 20;  // of payload in one answer; one event always fits

  Reader(db::Pool* pool, const HeadSignal* signal) : pool_(pool), signal_(signal) {}

  // Waits up to `wait` for the first event after `after`; `given_up` ends the wait early. An empty answer means that
  // nothing after `after` was committed two seconds ago. UNAVAILABLE (FEED_BEHIND): something was, but has no place
  // yet.
  absl::StatusOr<EventBatch> Read(std::int64_t after, int limit, absl::Duration wait, absl::Time deadline,
                                  absl::FunctionRef<bool()> given_up) const;

 private:
  absl::StatusOr<EventBatch> ReadNow(std::int64_t after, int limit, absl::Time deadline) const;

  db::Pool* const pool_;
  const HeadSignal* const signal_;
};

// A service's own feed as a source, without a network: for tests and for effects inside one service.
class LocalSource final : public EventSource {
 public:
  explicit LocalSource(const Reader* reader) : reader_(reader) {}
  absl::StatusOr<EventBatch> Read(std::int64_t after, int limit, absl::Duration wait) override;
  void Cancel() override { cancelled_ = true; }

 private:
  const Reader* const reader_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_READER_H_
