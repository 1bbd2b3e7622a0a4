// The threads that run blocking handlers.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_WORKER_POOL_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_WORKER_POOL_H_

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace trellis::rpc {

// A piece of work; belongs to itself.
class Job {
 public:
  virtual ~Job() = default;
  virtual void Run() = 0;
};

// Thread-safe. How many jobs may wait is bounded by whoever submits (admission).
class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  ~WorkerPool() { Close(); }

  void Submit(Job* job);
  // Runs what was submitted, then ends the threads. Nothing may be submitted afterwards.
  void Close();

 private:
  void Work();

  absl::Mutex mutex_;
  absl::CondVar wake_;
  std::deque<Job*> jobs_ ABSL_GUARDED_BY(mutex_);
  int idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_WORKER_POOL_H_
