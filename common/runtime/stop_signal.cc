#include "common/runtime/stop_signal.h"

#include <cerrno>
#include <ctime>

#include "absl/time/clock.h"

namespace trellis::runtime {

StopSignal::StopSignal() {
  ::sigemptyset(&signals_);
  ::sigaddset(&signals_, SIGTERM);
  ::sigaddset(&signals_, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  // Writing to a closed connection is an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
}

bool StopSignal::WaitFor(absl::Duration limit) {
  const absl::Time until = absl::Now() + limit;
  while (!came_) {
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) break;
    const timespec timeout = absl::ToTimespec(left);
    if (::sigtimedwait(&signals_, nullptr, &timeout) > 0) {
      came_ = true;
    } else if (errno != EINTR) {
      break;
    }
  }
  return came_;
}

void StopSignal::Wait() {
  while (!WaitFor(absl::Hours(24))) {
  }
}

}  // namespace trellis::runtime
