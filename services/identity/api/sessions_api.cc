#include "services/identity/api/sessions_api.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/db/pool.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/domain/account_rules.h"
#include "services/identity/domain/text_forms.h"

namespace trellis::identity {
namespace {

// One answer for an unknown login, a wrong password, a disabled user and a rest: it tells nobody which.
absl::Status Refused() {
  return Error(absl::StatusCode::kUnauthenticated, "SIGN_IN_REFUSED", "Login name or password is wrong.");
}

}  // namespace

absl::StatusOr<v1::SignInResponse> SessionsApi::SignIn(rpc::CallContext& call, const v1::SignInRequest& request) {
  const std::string login = CanonicalLogin(request.login());
  const storage::AttemptKey attempt{crypto::Sha256(login), call.peer().address};
  TRELLIS_ASSIGN_OR_RETURN(const Found found, LookUp(call, login, attempt));
  TRELLIS_ASSIGN_OR_RETURN(const bool right, PasswordIsRight(call, found, request.password()));
  if (!right) {
    // A try during a rest was not evaluated, so it does not make the rest longer.
    if (!found.resting) TRELLIS_RETURN_IF_ERROR(NoteFailure(call, attempt));
    return Refused();
  }
  TRELLIS_RETURN_IF_ERROR(NoteSuccess(call, found, attempt, request.password()));

  const storage::UserRow& user = found.credentials->user;
  access::TokenSubject subject;
  subject.user = user.id;
  subject.organization = user.organization;
  subject.session = runtime_.ids().Next();
  for (const Role role : user.roles) subject.roles.push_back(static_cast<options::v1::Role>(role));
  subject.methods = {"pwd"};
  subject.auth_time = runtime_.clock().Now();
  TRELLIS_ASSIGN_OR_RETURN(access::IssuedToken token, keys_.Issue(subject, call.deadline()));

  v1::SignInResponse response;
  response.set_access_token(std::move(token.token));
  *response.mutable_expire_time() = rpc::ToTimestamp(token.expire_time);
  *response.mutable_user() = ToProto(user);
  response.set_organization(rpc::MakeName(kOrganizations, user.organization));
  return response;
}

absl::StatusOr<SessionsApi::Found> SessionsApi::LookUp(rpc::CallContext& call, const std::string& login,
                                                       const storage::AttemptKey& attempt) {
  Found found;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found.credentials, storage::FindCredentials(session, login));
    TRELLIS_ASSIGN_OR_RETURN(const auto rest_until, storage::RestUntil(session, attempt));
    found.failed_before = rest_until.has_value();
    found.resting = rest_until.has_value() && runtime_.clock().Now() < *rest_until;
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<bool> SessionsApi::PasswordIsRight(rpc::CallContext& call, const Found& found,
                                                  const std::string& password) {
  if (!found.credentials.has_value() || found.resting) {
    TRELLIS_RETURN_IF_ERROR(hasher_.VerifyNothing(password, call.deadline()));
    return false;
  }
  TRELLIS_ASSIGN_OR_RETURN(const bool right,
                           hasher_.Verify(found.credentials->password_hash, password, call.deadline()));
  return right && !found.credentials->user.disabled;
}

absl::Status SessionsApi::NoteFailure(rpc::CallContext& call, const storage::AttemptKey& attempt) {
  const absl::Time now = runtime_.clock().Now();
  return runtime_.pool().Transact(call.deadline(), [&](db::Session& tx) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const int failures, storage::CountFailure(tx, attempt, now));
    const absl::Duration rest = RestAfterFailures(failures);
    return rest > absl::ZeroDuration() ? storage::SetRest(tx, attempt, now + rest) : absl::OkStatus();
  });
}

absl::Status SessionsApi::NoteSuccess(rpc::CallContext& call, const Found& found, const storage::AttemptKey& attempt,
                                      const std::string& password) {
  const storage::Credentials& credentials = *found.credentials;
  std::string stronger;
  if (hasher_.NeedsRehash(credentials.password_hash)) {
    TRELLIS_ASSIGN_OR_RETURN(stronger, hasher_.Hash(password, call.deadline()));
  }
  if (stronger.empty() && !found.failed_before) return absl::OkStatus();
  return runtime_.pool().Transact(call.deadline(), [&](db::Session& tx) -> absl::Status {
    if (!stronger.empty()) {
      TRELLIS_RETURN_IF_ERROR(storage::ReplacePasswordHash(tx, credentials.user.organization, credentials.user.id,
                                                           credentials.password_hash, stronger));
    }
    return found.failed_before ? storage::ForgetFailures(tx, attempt) : absl::OkStatus();
  });
}

absl::Status SessionsApi::ForgetOldAttempts(absl::Time deadline) {
  const absl::Time before = runtime_.clock().Now() - absl::Hours(24);
  return runtime_.pool().Transact(deadline, [&](db::Session& tx) { return storage::PurgeAttempts(tx, before); });
}

}  // namespace trellis::identity
