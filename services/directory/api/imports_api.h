// trellis.directory.v1.Imports
#ifndef TRELLIS_SERVICES_DIRECTORY_API_IMPORTS_API_H_
#define TRELLIS_SERVICES_DIRECTORY_API_IMPORTS_API_H_

#include <atomic>

#include "absl/status/status.h"
#include "common/rpc/call_context.h"
#include "common/rpc/message_stream.h"
#include "common/runtime/runtime.h"
#include "trellis/directory/v1/imports.pb.h"

namespace trellis::directory {

// Thread-safe. Runs one import at a time: a package is held in memory.
class ImportsApi {
 public:
  explicit ImportsApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::Status ImportPackage(rpc::CallContext& call,
                             rpc::MessageStream<v1::ImportPackageRequest, v1::ImportPackageResponse>& stream);

 private:
  runtime::Runtime& runtime_;
  std::atomic<bool> busy_ = false;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_IMPORTS_API_H_
