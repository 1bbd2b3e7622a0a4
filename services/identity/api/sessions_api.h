#ifndef TRELLIS_SERVICES_IDENTITY_API_SESSIONS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_SESSIONS_API_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "common/webauthn/webauthn.h"
#include "services/identity/api/session_tokens.h"
#include "services/identity/api/sign_in_gate.h"
#include "trellis/identity/v1/sessions.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Sessions, signing in left out (SignInApi). Thread-safe.
class SessionsApi {
 public:
  SessionsApi(runtime::Runtime& runtime, SessionTokens& tokens, SignInGate& gate, const webauthn::RelyingParty& party)
      : runtime_(runtime), tokens_(tokens), gate_(gate), party_(party) {}

  absl::StatusOr<v1::StepUpResponse> StepUp(rpc::CallContext& call, const v1::StepUpRequest& request);
  absl::StatusOr<v1::RefreshSessionResponse> RefreshSession(rpc::CallContext& call,
                                                            const v1::RefreshSessionRequest& request);
  absl::StatusOr<v1::SignOutResponse> SignOut(rpc::CallContext& call, const v1::SignOutRequest& request);
  absl::StatusOr<v1::CheckSessionResponse> CheckSession(rpc::CallContext& call, const v1::CheckSessionRequest& request);
  absl::StatusOr<v1::ListSessionsResponse> ListSessions(rpc::CallContext& call, const v1::ListSessionsRequest& request);
  absl::StatusOr<v1::RevokeSessionsResponse> RevokeSessions(rpc::CallContext& call,
                                                            const v1::RevokeSessionsRequest& request);

  // Forgets sessions that ended more than a day ago.
  absl::Status ForgetOldSessions(absl::Time deadline);

 private:
  absl::StatusOr<v1::StepUpResponse> ShowFactor(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                                const v1::StepUpRequest& request, const SignInTry& attempt,
                                                std::optional<Id>& copy);
  absl::Status ShowCode(runtime::WriteUnit& unit, const rpc::Caller& caller, const storage::SessionRow& session,
                        absl::string_view code);

  runtime::Runtime& runtime_;
  SessionTokens& tokens_;
  SignInGate& gate_;
  const webauthn::RelyingParty& party_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SESSIONS_API_H_
