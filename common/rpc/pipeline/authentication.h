// Third stage: who calls. The user comes from the call's own token, the service from the connection's certificate.
#ifndef TRELLIS_COMMON_RPC_PIPELINE_AUTHENTICATION_H_
#define TRELLIS_COMMON_RPC_PIPELINE_AUTHENTICATION_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/rpc/caller.h"
#include "common/rpc/spiffe_name.h"
#include "grpcpp/support/string_ref.h"

namespace grpc {
class ServerContextBase;
}

namespace trellis::rpc {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// The token of the one "authorization: Bearer <token>" entry; "" where there is no entry.
// Error: UNAUTHENTICATED for two entries, another scheme or a token with characters that no token has.
absl::StatusOr<std::string> BearerToken(const Metadata& metadata);

// The SPIFFE name in the certificate at the other end of the call's connection; "" where there is none (null: nor a
// connection).
std::string PrincipalOf(const grpc::ServerContextBase* transport);
// The other end of the call's connection.
Peer PeerOf(const grpc::ServerContextBase& transport, absl::string_view trust_domain);
// Who stands behind `peer` where that is the door: no service, at the address that the door saw. Anybody else is taken
// as they are, whatever their metadata say.
Peer BehindTheDoor(Peer peer, const Metadata& metadata);

// Sets the caller and the token of `call`. A public method does not look at tokens: a stale one must not keep anybody
// from signing in. Errors: UNAUTHENTICATED where the method is not public and nobody is known; those of the
// authenticator (null: no token is good).
absl::Status Authenticate(Authenticator* authenticator, const Metadata& metadata, const Peer& peer, CallContext& call);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_AUTHENTICATION_H_
