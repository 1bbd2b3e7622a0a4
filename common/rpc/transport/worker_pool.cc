#include "common/rpc/transport/worker_pool.h"

namespace trellis::rpc {

WorkerPool::WorkerPool(int threads) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

void WorkerPool::Submit(Job* job) {
  absl::MutexLock lock(&mutex_);
  jobs_.push_back(job);
  // A busy worker looks at the queue before it sleeps: waking it costs a system call for nothing.
  if (idle_ > 0) wake_.Signal();
}

void WorkerPool::Close() {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::Work() {
  while (true) {
    Job* job = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      while (jobs_.empty() && !closed_) {
        ++idle_;
        wake_.Wait(&mutex_);
        --idle_;
      }
      if (jobs_.empty()) return;
      job = jobs_.front();
      jobs_.pop_front();
    }
    job->Run();
  }
}

}  // namespace trellis::rpc
