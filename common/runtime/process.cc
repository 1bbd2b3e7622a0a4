#include "common/runtime/process.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <sys/resource.h>

#include <algorithm>
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

constexpr rlim_t kEnoughDescriptors = 65'536;

void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlimit wanted = {std::max(limit.rlim_max, kEnoughDescriptors), std::max(limit.rlim_max, kEnoughDescriptors)};
  if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;  // beyond the hard limit only root may
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < kEnoughDescriptors) {
    log::Warning("few descriptors", {{"limit", static_cast<std::int64_t>(limit.rlim_max)}});
  }
}

}  // namespace

void PrepareProcess() {
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  RaiseDescriptorLimit();
  google::protobuf::SetLogHandler(LogForProtobuf);
  gpr_set_log_function(LogForGrpc);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace trellis::runtime
