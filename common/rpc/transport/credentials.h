// Credentials of servers and channels.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_CREDENTIALS_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_CREDENTIALS_H_

#include <memory>
#include <string>

#include "common/rpc/transport/tls_material.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace trellis::rpc {

// Whom a server lets in. Everything is checked in the handshake: HTTP/2 begins only afterwards.
struct CallerCheck {
  std::string trust_domain;
  // Off: callers may also come without a certificate.
  bool certificate_required = true;
};
// A certificate that is shown must come from our authorities and carry exactly one URI, a service of the trust domain.
std::shared_ptr<grpc::ServerCredentials> ServerTls(const TlsMaterial& material, CallerCheck check);

// Whom a channel takes for its server.
struct ServerCheck {
  bool host_name = true;  // the certificate must carry the target's host
  std::string service;    // besides, exactly one URI: this service of the trust domain; "": any or none
  std::string trust_domain;
};
// This side shows its certificate where it has one.
std::shared_ptr<grpc::ChannelCredentials> ChannelTls(const TlsMaterial& material, ServerCheck check);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_CREDENTIALS_H_
