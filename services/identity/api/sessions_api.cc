#include "services/identity/api/sessions_api.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/db/pool.h"
#include "common/rpc/id_page.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/domain/account_rules.h"
#include "services/identity/domain/roles.h"
#include "services/identity/domain/text_forms.h"
#include "services/identity/storage/sessions.h"

namespace trellis::identity {
namespace {

constexpr char kPasswordMethod[] = "pwd";  // RFC 8176

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
  TRELLIS_ASSIGN_OR_RETURN(LiveSession live, Begin(call, found, attempt, request.password()));
  TRELLIS_ASSIGN_OR_RETURN(access::IssuedToken token, tokens_.IssueAccess(live.session, live.user, call.deadline()));

  v1::SignInResponse response;
  response.set_access_token(std::move(token.token));
  *response.mutable_expire_time() = rpc::ToTimestamp(token.expire_time);
  *response.mutable_user() = ToProto(live.user);
  response.set_organization(rpc::MakeName(kOrganizations, live.user.organization));
  response.set_refresh_token(std::move(live.refresh_token));
  *response.mutable_session() = ToProto(live.session, live.session.id);
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

absl::StatusOr<LiveSession> SessionsApi::Begin(rpc::CallContext& call, const Found& found,
                                               const storage::AttemptKey& attempt, const std::string& password) {
  const storage::Credentials& credentials = *found.credentials;
  std::string stronger;
  if (hasher_.NeedsRehash(credentials.password_hash)) {
    TRELLIS_ASSIGN_OR_RETURN(stronger, hasher_.Hash(password, call.deadline()));
  }
  runtime::BackgroundWork work;
  work.organization = credentials.user.organization;
  work.purpose = "identity.begin_session";
  work.deadline = call.deadline();
  LiveSession live;
  TRELLIS_RETURN_IF_ERROR(runtime_.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto now, storage::LockCredentials(unit.db, unit.organization, credentials.user.id));
    if (!now.has_value() || now->user.disabled || now->password_hash != credentials.password_hash) return Refused();
    if (!stronger.empty()) {
      TRELLIS_RETURN_IF_ERROR(storage::ReplacePasswordHash(unit.db, unit.organization, credentials.user.id,
                                                           credentials.password_hash, stronger));
    }
    if (found.failed_before) TRELLIS_RETURN_IF_ERROR(storage::ForgetFailures(unit.db, attempt));
    TRELLIS_ASSIGN_OR_RETURN(live, tokens_.Begin(unit, now->user, {kPasswordMethod}));
    return absl::OkStatus();
  }));
  return live;
}

absl::StatusOr<v1::RefreshSessionResponse> SessionsApi::RefreshSession(rpc::CallContext& call,
                                                                       const v1::RefreshSessionRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(LiveSession live, tokens_.Refresh(request.refresh_token(), call.deadline()));
  TRELLIS_ASSIGN_OR_RETURN(access::IssuedToken token, tokens_.IssueAccess(live.session, live.user, call.deadline()));
  v1::RefreshSessionResponse response;
  response.set_access_token(std::move(token.token));
  *response.mutable_expire_time() = rpc::ToTimestamp(token.expire_time);
  response.set_refresh_token(std::move(live.refresh_token));
  *response.mutable_session() = ToProto(live.session, live.session.id);
  return response;
}

absl::StatusOr<v1::SignOutResponse> SessionsApi::SignOut(rpc::CallContext& call, const v1::SignOutRequest& request) {
  const rpc::Caller& caller = call.caller();
  TRELLIS_ASSIGN_OR_RETURN(const Id session, rpc::ParseName(kSessions, request.session(), "session"));
  Ended ended;
  TRELLIS_ASSIGN_OR_RETURN(
      v1::SignOutResponse response,
      runtime_.Write<v1::SignOutResponse>(
          call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::SignOutResponse> {
            TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::LockSession(unit.db, unit.organization, session));
            if (!row.has_value() || row->user != caller.user) return NotFound(request.session());
            TRELLIS_ASSIGN_OR_RETURN(ended, EndSessions(unit, caller.user, {session}, EndReason::kSignedOut));
            return v1::SignOutResponse();
          }));
  runtime_.sessions().Remember(ended.revocations);
  return response;
}

// The declaration beside the RPC has the session checked; nothing is left to do.
absl::StatusOr<v1::CheckSessionResponse> SessionsApi::CheckSession(rpc::CallContext&, const v1::CheckSessionRequest&) {
  return v1::CheckSessionResponse();
}

absl::StatusOr<v1::ListSessionsResponse> SessionsApi::ListSessions(rpc::CallContext& call,
                                                                   const v1::ListSessionsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  const rpc::Caller& caller = call.caller();
  std::vector<storage::SessionRow> rows;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(rows,
                             storage::ListSessions(session, caller.organization, caller.user, runtime_.clock().Now(),
                                                   page.last.value_or(Id()), page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListSessionsResponse response;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(page.size));
  for (std::size_t i = 0; i < shown; ++i) *response.add_sessions() = ToProto(rows[i], caller.session);
  if (rows.size() > shown) response.set_next_page_token(page.TokenAfter(rows[shown - 1].id));
  return response;
}

absl::StatusOr<v1::RevokeSessionsResponse> SessionsApi::RevokeSessions(rpc::CallContext& call,
                                                                       const v1::RevokeSessionsRequest& request) {
  const rpc::Caller& caller = call.caller();
  TRELLIS_ASSIGN_OR_RETURN(const Id user, rpc::ParseName(kUsers, request.user(), "user"));
  const bool own = user == caller.user;
  if (request.keep_current() && !own) return InvalidField("keep_current", "is for the caller's own sessions");
  Ended ended;
  TRELLIS_ASSIGN_OR_RETURN(
      v1::RevokeSessionsResponse response,
      runtime_.Write<v1::RevokeSessionsResponse>(
          call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RevokeSessionsResponse> {
            TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::LockUser(unit.db, unit.organization, user));
            const bool may = row.has_value() && (own || MayGive(RolesOf(caller), row->roles).ok());
            if (!may) return NotFound(request.user());
            const auto keep = request.keep_current() ? std::optional(caller.session) : std::nullopt;
            TRELLIS_ASSIGN_OR_RETURN(ended, EndAllSessions(unit, user, EndReason::kRevoked, keep));
            v1::RevokeSessionsResponse done;
            done.set_ended_count(ended.sessions);
            return done;
          }));
  runtime_.sessions().Remember(ended.revocations);
  return response;
}

absl::Status SessionsApi::ForgetOldAttempts(absl::Time deadline) {
  const absl::Time before = runtime_.clock().Now() - absl::Hours(24);
  return runtime_.pool().Transact(deadline, [&](db::Session& tx) { return storage::PurgeAttempts(tx, before); });
}

absl::Status SessionsApi::ForgetOldSessions(absl::Time deadline) {
  const absl::Time before = runtime_.clock().Now() - absl::Hours(24);
  return runtime_.pool().Transact(deadline, [&](db::Session& tx) { return storage::PurgeSessions(tx, before); });
}

}  // namespace trellis::identity
