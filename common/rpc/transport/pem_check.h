// Is this PEM text what it should be. OpenSSL stays behind this.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_PEM_CHECK_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_PEM_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace trellis::rpc {

// The first certificate can be read, has not expired, and `key` is its key. FAILED_PRECONDITION otherwise.
absl::Status CheckKeyPair(const std::string& certificates, const std::string& key);
// Holds at least one certificate and nothing broken. FAILED_PRECONDITION otherwise.
absl::Status CheckAuthorities(const std::string& certificates);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_PEM_CHECK_H_
