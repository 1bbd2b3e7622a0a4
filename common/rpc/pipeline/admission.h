// First stage: how many calls may be running or queued at once. A full server says so at once instead of making
// everybody wait.
#ifndef TRELLIS_COMMON_RPC_PIPELINE_ADMISSION_H_
#define TRELLIS_COMMON_RPC_PIPELINE_ADMISSION_H_

#include <atomic>

#include "absl/status/status.h"
#include "common/base/error.h"

namespace trellis::rpc {

// Thread-safe.
class Admission {
 public:
  explicit Admission(int bound) : bound_(bound) {}

  // True: go on, and Leave() later.
  bool TryEnter() {
    if (in_flight_.fetch_add(1, std::memory_order_acq_rel) < bound_) return true;
    in_flight_.fetch_sub(1, std::memory_order_acq_rel);
    return false;
  }
  void Leave() { in_flight_.fetch_sub(1, std::memory_order_acq_rel); }

  bool full() const { return in_flight() >= bound_; }
  int in_flight() const { return in_flight_.load(std::memory_order_acquire); }

  static absl::Status Refusal() {
    return Error(absl::StatusCode::kResourceExhausted, "SERVER_BUSY", "the server has too much to do; try again")
        .RetryAfter(absl::Milliseconds(200));
  }

 private:
  const int bound_;
  std::atomic<int> in_flight_{0};
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_ADMISSION_H_
