#include "common/runtime/process.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <sys/resource.h>

#include <string>

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

// Protobuf complains of every text that is not UTF-8: whoever calls could flood the log with it.
void LogForProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  log::Debug("protobuf", {{"detail", message}});
}

}  // namespace

void PrepareProcess() {
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  google::protobuf::SetLogHandler(LogForProtobuf);
  gpr_set_log_function(LogForGrpc);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace trellis::runtime
