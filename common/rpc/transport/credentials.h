// Credentials of servers and channels.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_CREDENTIALS_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_CREDENTIALS_H_

#include <memory>

#include "common/rpc/transport/tls_material.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace trellis::rpc {

// Callers may come without a certificate (users); one that is shown must be good (services of the suite).
std::shared_ptr<grpc::ServerCredentials> ServerTls(const TlsMaterial& material);
// The server must prove its name; this side shows its certificate where it has one.
std::shared_ptr<grpc::ChannelCredentials> ChannelTls(const TlsMaterial& material);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_CREDENTIALS_H_
