#ifndef TRELLIS_SERVICES_IDENTITY_API_SERVICE_KEYS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_SERVICE_KEYS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/identity/v1/service_keys.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.ServiceKeys. Thread-safe.
class ServiceKeysApi {
 public:
  explicit ServiceKeysApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::CreateServiceKeyResponse> CreateServiceKey(rpc::CallContext& call,
                                                                const v1::CreateServiceKeyRequest& request);
  absl::StatusOr<v1::ListServiceKeysResponse> ListServiceKeys(rpc::CallContext& call,
                                                              const v1::ListServiceKeysRequest& request);
  absl::StatusOr<v1::RevokeServiceKeyResponse> RevokeServiceKey(rpc::CallContext& call,
                                                                const v1::RevokeServiceKeyRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SERVICE_KEYS_API_H_
