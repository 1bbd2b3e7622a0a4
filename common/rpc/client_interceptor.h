// Tells a ClientObserver of every call on a channel.
#ifndef TRELLIS_COMMON_RPC_CLIENT_INTERCEPTOR_H_
#define TRELLIS_COMMON_RPC_CLIENT_INTERCEPTOR_H_

#include <memory>
#include <vector>

#include "common/rpc/observer.h"
#include "grpcpp/support/client_interceptor.h"

namespace trellis::rpc {

// `observer` outlives the channel.
std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> Observing(ClientObserver* observer);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_CLIENT_INTERCEPTOR_H_
