#ifndef TRELLIS_SERVICES_IDENTITY_API_ORGANIZATIONS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_ORGANIZATIONS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "common/webauthn/webauthn.h"
#include "services/identity/api/passwords.h"
#include "trellis/identity/v1/organizations.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Organizations. Thread-safe.
class OrganizationsApi {
 public:
  OrganizationsApi(runtime::Runtime& runtime, Passwords& passwords, const webauthn::RelyingParty& party)
      : runtime_(runtime), passwords_(passwords), party_(party) {}

  absl::StatusOr<v1::CreateOrganizationResponse> CreateOrganization(rpc::CallContext& call,
                                                                    const v1::CreateOrganizationRequest& request);
  absl::StatusOr<v1::GetOrganizationResponse> GetOrganization(rpc::CallContext& call,
                                                              const v1::GetOrganizationRequest& request);
  absl::StatusOr<v1::UpdateOrganizationResponse> UpdateOrganization(rpc::CallContext& call,
                                                                    const v1::UpdateOrganizationRequest& request);
  absl::StatusOr<v1::ListOrganizationsResponse> ListOrganizations(rpc::CallContext& call,
                                                                  const v1::ListOrganizationsRequest& request);

 private:
  runtime::Runtime& runtime_;
  Passwords& passwords_;
  const webauthn::RelyingParty& party_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_ORGANIZATIONS_API_H_
