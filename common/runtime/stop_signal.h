// SIGTERM and SIGINT as something that a thread can wait for.
#ifndef TRELLIS_COMMON_RUNTIME_STOP_SIGNAL_H_
#define TRELLIS_COMMON_RUNTIME_STOP_SIGNAL_H_

#include <csignal>

#include "absl/time/time.h"

namespace trellis::runtime {

// Blocks both signals in this thread and all that it makes from then on: construct it in main before any other thread
// exists. A handler would run in the middle of anything; here the signal is asked for.
class StopSignal {
 public:
  StopSignal();
  // True once one of them came. Call from one thread only.
  bool WaitFor(absl::Duration limit);
  void Wait();

 private:
  sigset_t signals_;
  bool came_ = false;
};

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_STOP_SIGNAL_H_
