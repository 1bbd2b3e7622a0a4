// grpc.reflection.v1alpha: tools such as grpcurl ask it what the server serves. The stock plugin lists registered
// services only, and ours are in the router.
#ifndef TRELLIS_COMMON_RPC_REFLECTION_H_
#define TRELLIS_COMMON_RPC_REFLECTION_H_

#include <string>
#include <vector>

#include "common/rpc/call_context.h"
#include "common/rpc/message_stream.h"
#include "common/rpc/router.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace trellis::rpc {

// Immutable once registered: thread-safe.
class Reflection {
 public:
  // Adds itself to `router` and remembers what else is served there. Lives as long as the router.
  void RegisterWith(Router& router);

  absl::Status ServerReflectionInfo(CallContext& call,
                                    MessageStream<grpc::reflection::v1alpha::ServerReflectionRequest,
                                                  grpc::reflection::v1alpha::ServerReflectionResponse>& stream);

 private:
  grpc::reflection::v1alpha::ServerReflectionResponse Answer(
      const grpc::reflection::v1alpha::ServerReflectionRequest& request) const;

  std::vector<std::string> services_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_REFLECTION_H_
