#ifndef TRELLIS_SERVICES_IDENTITY_API_CONSENTS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_CONSENTS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/identity/v1/consents.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Consents. Thread-safe.
class ConsentsApi {
 public:
  explicit ConsentsApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::RecordConsentResponse> RecordConsent(rpc::CallContext& call,
                                                          const v1::RecordConsentRequest& request);
  absl::StatusOr<v1::GetConsentResponse> GetConsent(rpc::CallContext& call, const v1::GetConsentRequest& request);
  absl::StatusOr<v1::ListConsentsResponse> ListConsents(rpc::CallContext& call, const v1::ListConsentsRequest& request);
  absl::StatusOr<v1::RevokeConsentResponse> RevokeConsent(rpc::CallContext& call,
                                                          const v1::RevokeConsentRequest& request);
  absl::StatusOr<v1::CheckConsentResponse> CheckConsent(rpc::CallContext& call, const v1::CheckConsentRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_CONSENTS_API_H_
