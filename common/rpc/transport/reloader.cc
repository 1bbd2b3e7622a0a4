#include "common/rpc/transport/reloader.h"

#include <utility>

namespace trellis::rpc {

Reloader::Reloader(absl::Duration interval, std::function<absl::StatusOr<bool>()> reload,
                   std::function<void(const absl::Status&)> told)
    : interval_(interval), reload_(std::move(reload)), told_(std::move(told)), thread_([this] { Run(); }) {}

Reloader::~Reloader() {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  thread_.join();
}

void Reloader::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&closed_), interval_)) return;
    }
    Look();
  }
}

void Reloader::Look() {
  const absl::StatusOr<bool> renewed = reload_();
  const bool news = renewed.ok() ? *renewed : renewed.status() != last_;
  last_ = renewed.status();
  if (news && told_) told_(last_);
}

}  // namespace trellis::rpc
