#ifndef TRELLIS_SERVICES_IDENTITY_API_KEYS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_KEYS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "services/identity/api/token_keys.h"
#include "trellis/identity/v1/keys.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Keys. Thread-safe.
class KeysApi {
 public:
  explicit KeysApi(TokenKeys& keys) : keys_(keys) {}
  absl::StatusOr<v1::GetKeySetResponse> GetKeySet(rpc::CallContext& call, const v1::GetKeySetRequest& request);

 private:
  TokenKeys& keys_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_KEYS_API_H_
