#include "services/identity/api/own_password.h"

#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "services/identity/api/passkey_proofs.h"

namespace trellis::identity {

absl::Status PasswordRefused() {
  return Error(absl::StatusCode::kPermissionDenied, "PASSWORD_REFUSED", "The present password is wrong.");
}

absl::Status IsServiceAccount() {
  return Error(absl::StatusCode::kFailedPrecondition, "SERVICE_ACCOUNT",
               "A service account has no password and no second factor: it signs in with keys.");
}

absl::StatusOr<storage::Credentials> ShowOwnPassword(runtime::Runtime& runtime, Passwords& passwords, SignInGate& gate,
                                                     rpc::CallContext& call, absl::string_view password) {
  const rpc::Caller& caller = call.caller();
  std::optional<storage::Credentials> found;
  TRELLIS_RETURN_IF_ERROR(runtime.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found, storage::CredentialsOf(session, caller.organization, caller.user));
    return RequireFactorOfPasskeyHolder(session, caller, runtime.clock().Now());
  }));
  if (!found.has_value()) return PasswordRefused();
  if (found->user.roles.contains(Role::kServiceAccount)) return IsServiceAccount();
  const SignInTry attempt = TryWithin(caller);
  // First the turn, then the try: whoever is told to come again has not tried.
  TRELLIS_ASSIGN_OR_RETURN(const PasswordHasher::Slot slot, passwords.hasher().Enter(call.deadline()));
  TRELLIS_ASSIGN_OR_RETURN(const bool entered, gate.Enter(attempt, call.deadline()));
  if (!entered) return PasswordRefused();
  if (!passwords.hasher().Verify(slot, found->password_hash, password)) {
    TRELLIS_RETURN_IF_ERROR(gate.Failed(attempt, call.deadline()));
    return PasswordRefused();
  }
  TRELLIS_RETURN_IF_ERROR(gate.TakeBack(attempt, call.deadline()));
  return *std::move(found);
}

}  // namespace trellis::identity
