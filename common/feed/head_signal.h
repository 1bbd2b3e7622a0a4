// Wakes those in this process who wait for events beyond a position.
#ifndef TRELLIS_COMMON_FEED_HEAD_SIGNAL_H_
#define TRELLIS_COMMON_FEED_HEAD_SIGNAL_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "absl/time/time.h"

namespace trellis::feed {

// The greatest position known in this process. Thread-safe.
class HeadSignal {
 public:
  // Never goes back.
  void Advance(std::int64_t position);
  std::int64_t head() const;
  // Waits until head() > after, the wait is over, or Close() was called. Returns head().
  std::int64_t WaitBeyond(std::int64_t after, absl::Duration wait) const;
  // Wakes all waiters for good: for shutting down.
  void Close();
  bool closed() const;

 private:
  // std::mutex here and in its neighbours: ThreadSanitizer cannot see into the packaged Abseil's.
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::int64_t head_ = 0;  // guarded by mutex_
  bool closed_ = false;    // guarded by mutex_
};

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_HEAD_SIGNAL_H_
