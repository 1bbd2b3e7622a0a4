// Files that change while a process runs.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_RELOADER_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_RELOADER_H_

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace trellis::rpc {

// Calls `reload` every `interval` on a thread of its own, until destroyed. What it was built with outlives it.
class Reloader {
 public:
  // `reload`: whether something new was taken over; an error leaves what was good in use. `told` (may be empty): OK
  // where something new was taken over; each new mistake once, not once for each look at it.
  Reloader(absl::Duration interval, std::function<absl::StatusOr<bool>()> reload,
           std::function<void(const absl::Status&)> told);
  ~Reloader();

 private:
  void Run();
  void Look();

  const absl::Duration interval_;
  const std::function<absl::StatusOr<bool>()> reload_;
  const std::function<void(const absl::Status&)> told_;
  absl::Status last_;  // the thread's
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_RELOADER_H_
