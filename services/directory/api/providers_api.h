// trellis.directory.v1.Providers
#ifndef TRELLIS_SERVICES_DIRECTORY_API_PROVIDERS_API_H_
#define TRELLIS_SERVICES_DIRECTORY_API_PROVIDERS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/directory/v1/providers.pb.h"

namespace trellis::directory {

// Thread-safe.
class ProvidersApi {
 public:
  explicit ProvidersApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::GetProviderResponse> GetProvider(rpc::CallContext& call, const v1::GetProviderRequest& request);
  absl::StatusOr<v1::ListProvidersResponse> ListProviders(rpc::CallContext& call,
                                                          const v1::ListProvidersRequest& request);
  absl::StatusOr<v1::LinkProviderResponse> LinkProvider(rpc::CallContext& call, const v1::LinkProviderRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_PROVIDERS_API_H_
