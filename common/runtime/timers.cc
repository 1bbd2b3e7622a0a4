#include "common/runtime/timers.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "absl/time/clock.h"

namespace trellis::runtime {

void Timers::Add(absl::string_view name, absl::Duration interval, absl::Duration limit, Work work) {
  auto job = std::make_unique<Job>();
  job->name = std::string(name);
  job->interval = interval;
  job->limit = limit;
  job->work = std::move(work);
  jobs_.push_back(std::move(job));
}

void Timers::Start() {
  if (!jobs_.empty()) thread_ = std::thread([this] { Run(); });
}

void Timers::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Timers::Run() {
  while (true) {
    absl::Time next = absl::InfiniteFuture();
    for (const std::unique_ptr<Job>& job : jobs_) {
      {
        std::lock_guard lock(mutex_);
        if (stopping_) return;
      }
      if (absl::Now() >= job->next) {
        const absl::Status status = job->work(absl::Now() + job->limit);
        if (!status.ok()) {
          if (const auto suppressed = job->complaints.Pass(); suppressed.has_value()) {
            log::Warning("work failed and will be repeated",
                         {{"work", job->name}, {"error", status}, {"suppressed", *suppressed}});
          }
        }
        job->next = absl::Now() + job->interval;
      }
      next = std::min(next, job->next);
    }
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    wake_.wait_for(lock, absl::ToChronoMilliseconds(std::max(next - absl::Now(), absl::Milliseconds(1))));
  }
}

}  // namespace trellis::runtime
