// The names that certificates of the suite carry: "spiffe://<trust domain>/svc/<service>" (SPIFFE X509-SVID).
#ifndef TRELLIS_COMMON_RPC_SPIFFE_NAME_H_
#define TRELLIS_COMMON_RPC_SPIFFE_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace trellis::rpc {

// The proxy that stands before the services and through which everybody else comes. It is no service of the suite: its
// certificate opens the connection and makes what it says of the caller's address believed, nothing more.
inline constexpr absl::string_view kDoor = "door";

// The service in "spiffe://<trust_domain>/svc/<service>"; "" for anything else.
std::string ServiceOfSpiffeName(absl::string_view uri, absl::string_view trust_domain);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_SPIFFE_NAME_H_
