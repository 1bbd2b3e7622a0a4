#include "common/runtime/process.h"

#include <grpc/support/log.h>

#include "absl/synchronization/mutex.h"
#include "common/log/log.h"

namespace trellis::runtime {
namespace {

void LogForGrpc(gpr_log_func_args* args) {
  if (args->severity == GPR_LOG_SEVERITY_ERROR) {
    log::Warning("grpc", {{"detail", args->message}});
  } else {
    log::Debug("grpc", {{"detail", args->message}});
  }
}

}  // namespace

void PrepareProcess() {
  gpr_set_log_function(LogForGrpc);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace trellis::runtime
