#ifndef TRELLIS_SERVICES_IDENTITY_API_SESSIONS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_SESSIONS_API_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/password_hasher.h"
#include "services/identity/api/session_tokens.h"
#include "services/identity/storage/sign_in_attempts.h"
#include "services/identity/storage/users.h"
#include "trellis/identity/v1/sessions.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Sessions. Thread-safe.
class SessionsApi {
 public:
  SessionsApi(runtime::Runtime& runtime, PasswordHasher& hasher, SessionTokens& tokens)
      : runtime_(runtime), hasher_(hasher), tokens_(tokens) {}

  absl::StatusOr<v1::SignInResponse> SignIn(rpc::CallContext& call, const v1::SignInRequest& request);
  absl::StatusOr<v1::RefreshSessionResponse> RefreshSession(rpc::CallContext& call,
                                                            const v1::RefreshSessionRequest& request);
  absl::StatusOr<v1::SignOutResponse> SignOut(rpc::CallContext& call, const v1::SignOutRequest& request);
  absl::StatusOr<v1::CheckSessionResponse> CheckSession(rpc::CallContext& call, const v1::CheckSessionRequest& request);
  absl::StatusOr<v1::ListSessionsResponse> ListSessions(rpc::CallContext& call, const v1::ListSessionsRequest& request);
  absl::StatusOr<v1::RevokeSessionsResponse> RevokeSessions(rpc::CallContext& call,
                                                            const v1::RevokeSessionsRequest& request);

  // Forgets failures that are more than a day old, and sessions that ended longer ago than that.
  absl::Status ForgetOldAttempts(absl::Time deadline);
  absl::Status ForgetOldSessions(absl::Time deadline);

 private:
  struct Found {
    std::optional<storage::Credentials> credentials;
    bool failed_before = false;
    bool resting = false;
  };
  absl::StatusOr<Found> LookUp(rpc::CallContext& call, const std::string& login, const storage::AttemptKey& attempt);
  absl::StatusOr<bool> PasswordIsRight(rpc::CallContext& call, const Found& found, const std::string& password);
  absl::Status NoteFailure(rpc::CallContext& call, const storage::AttemptKey& attempt);
  // Begins the session, unless the account changed since the password was found right.
  absl::StatusOr<LiveSession> Begin(rpc::CallContext& call, const Found& found, const storage::AttemptKey& attempt,
                                    const std::string& password);

  runtime::Runtime& runtime_;
  PasswordHasher& hasher_;
  SessionTokens& tokens_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SESSIONS_API_H_
