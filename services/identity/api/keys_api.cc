#include "services/identity/api/keys_api.h"

#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"

namespace trellis::identity {

absl::StatusOr<v1::GetKeySetResponse> KeysApi::GetKeySet(rpc::CallContext& call, const v1::GetKeySetRequest&) {
  TRELLIS_ASSIGN_OR_RETURN(const auto keys, keys_.Published(call.deadline()));
  v1::GetKeySetResponse response;
  for (const PublishedKey& key : keys) {
    v1::JsonWebKey* out = response.add_keys();
    out->set_kid(key.key_id);
    out->set_kty("OKP");
    out->set_crv("Ed25519");
    out->set_alg("EdDSA");
    out->set_use("sig");
    out->set_x(crypto::Base64UrlEncode(key.public_key));
  }
  return response;
}

}  // namespace trellis::identity
