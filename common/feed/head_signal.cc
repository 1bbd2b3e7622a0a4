#include "common/feed/head_signal.h"

namespace trellis::feed {

void HeadSignal::Advance(std::int64_t position) {
  {
    const std::lock_guard lock(mutex_);
    if (position <= head_) return;
    head_ = position;
  }
  changed_.notify_all();
}

std::int64_t HeadSignal::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

std::int64_t HeadSignal::WaitBeyond(std::int64_t after, absl::Duration wait) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMicroseconds(wait), [&] { return head_ > after || closed_; });
  return head_;
}

void HeadSignal::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool HeadSignal::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace trellis::feed
