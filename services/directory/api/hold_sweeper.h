// Gives back places whose hold has run out, also where nobody asks for them.
#ifndef TRELLIS_SERVICES_DIRECTORY_API_HOLD_SWEEPER_H_
#define TRELLIS_SERVICES_DIRECTORY_API_HOLD_SWEEPER_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/runtime/runtime.h"

namespace trellis::directory {

// Thread-safe. Several replicas may sweep at once: each service is worked on under the lock of its places.
class HoldSweeper {
 public:
  explicit HoldSweeper(runtime::Runtime& runtime) : runtime_(runtime) {}

  // Expires what is overdue, a transaction for each service, until nothing is left or the deadline comes.
  absl::Status Sweep(absl::Time deadline);

 private:
  absl::Status SweepService(const Id& service, absl::Time deadline);

  runtime::Runtime& runtime_;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_HOLD_SWEEPER_H_
