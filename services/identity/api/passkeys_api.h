#ifndef TRELLIS_SERVICES_IDENTITY_API_PASSKEYS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_PASSKEYS_API_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "common/webauthn/webauthn.h"
#include "services/identity/api/passwords.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/api/sign_in_gate.h"
#include "services/identity/storage/passkeys.h"
#include "trellis/identity/v1/passkeys.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Passkeys. Thread-safe.
class PasskeysApi {
 public:
  PasskeysApi(runtime::Runtime& runtime, Passwords& passwords, SignInGate& gate, const webauthn::RelyingParty& party)
      : runtime_(runtime), passwords_(passwords), gate_(gate), party_(party) {}

  absl::StatusOr<v1::BeginPasskeyRegistrationResponse> BeginPasskeyRegistration(
      rpc::CallContext& call, const v1::BeginPasskeyRegistrationRequest& request);
  absl::StatusOr<v1::FinishPasskeyRegistrationResponse> FinishPasskeyRegistration(
      rpc::CallContext& call, const v1::FinishPasskeyRegistrationRequest& request);
  absl::StatusOr<v1::BeginPasskeyChallengeResponse> BeginPasskeyChallenge(
      rpc::CallContext& call, const v1::BeginPasskeyChallengeRequest& request);
  absl::StatusOr<v1::ListPasskeysResponse> ListPasskeys(rpc::CallContext& call, const v1::ListPasskeysRequest& request);
  absl::StatusOr<v1::RemovePasskeyResponse> RemovePasskey(rpc::CallContext& call,
                                                          const v1::RemovePasskeyRequest& request);

 private:
  // What both ways of beginning answer.
  template <class Response>
  absl::StatusOr<Response> Challenge(runtime::WriteUnit& unit, const storage::ChallengeKey& key);
  absl::StatusOr<storage::PasskeyRow> Keep(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                           const v1::FinishPasskeyRegistrationRequest& request);

  runtime::Runtime& runtime_;
  Passwords& passwords_;
  SignInGate& gate_;
  const webauthn::RelyingParty& party_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PASSKEYS_API_H_
