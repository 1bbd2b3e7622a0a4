#include "services/identity/api/sessions_api.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/id_page.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/passkey_proofs.h"
#include "services/identity/api/second_factor_codes.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/domain/roles.h"
#include "services/identity/storage/passkeys.h"
#include "services/identity/storage/second_factors.h"
#include "services/identity/storage/sessions.h"
#include "services/identity/storage/sign_in_accounts.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {
namespace {

absl::Status PasskeyRequired(absl::string_view why) {
  return Error(absl::StatusCode::kPermissionDenied, "PASSKEY_REQUIRED",
               absl::StrCat(why, ": Passkeys.BeginPasskeyChallenge, then StepUp with it."));
}

// Whether a code may be shown in place of the passkey that there is. Not where the organization wants the passkey, and
// not in a session that left the code out: each sign-in would bring fresh guesses at it.
absl::Status CheckCodeWillDo(runtime::WriteUnit& unit, const rpc::Caller& caller, const storage::SessionRow& session) {
  TRELLIS_ASSIGN_OR_RETURN(const bool holder, storage::HasPasskey(unit.db, unit.organization, caller.user));
  if (!holder) return absl::OkStatus();
  TRELLIS_ASSIGN_OR_RETURN(const bool wanted, CallerMustHavePasskey(unit.db, caller));
  if (wanted) return PasskeyRequired("Your organization wants your passkey for this");
  if (session.Shows(kOneTimeCode) || session.Shows(kPasskeyMethod)) return absl::OkStatus();
  return PasskeyRequired("You signed in without a code, so it is your passkey that is wanted now");
}

// The sessions of somebody with a passkey are safe from whoever has the password alone.
absl::Status CheckMayEndOthers(runtime::WriteUnit& unit, const rpc::Caller& caller, const storage::UserRow& user) {
  TRELLIS_ASSIGN_OR_RETURN(const storage::SessionRow session, LockOwnSession(unit, caller));
  TRELLIS_ASSIGN_OR_RETURN(const bool restricted, IsRestricted(unit.db, session, user.roles));
  TRELLIS_ASSIGN_OR_RETURN(const bool holder, storage::HasPasskey(unit.db, unit.organization, caller.user));
  return restricted && holder ? PasskeyRequired("Your passkey is wanted before you end other sessions")
                              : absl::OkStatus();
}

// Signing in without the code left the failures of the login name as they were; the passkey ends the row.
absl::Status ForgetTriesOf(runtime::WriteUnit& unit, const Id& user) {
  TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::FindUser(unit.db, unit.organization, user));
  return row.has_value() ? storage::ForgetTries(unit.db, LoginKey(row->login)) : SessionEnded();
}

}  // namespace

absl::StatusOr<v1::StepUpResponse> SessionsApi::StepUp(rpc::CallContext& call, const v1::StepUpRequest& request) {
  if (request.proof_case() == v1::StepUpRequest::PROOF_NOT_SET) return InvalidField("code", "or passkey is required");
  const rpc::Caller& caller = call.caller();
  const SignInTry attempt = TryWithin(caller);
  TRELLIS_ASSIGN_OR_RETURN(const bool entered, gate_.Enter(attempt, call.deadline()));
  if (!entered) return request.has_passkey() ? webauthn::PasskeyRefused("it was tried too often") : CodeRefused();
  // The record of the request keeps a digest of it, from which a code could be guessed.
  v1::StepUpRequest record = request;
  record.clear_proof();
  bool shown = false;
  std::optional<Id> copy;
  absl::StatusOr<v1::StepUpResponse> response = runtime_.Write<v1::StepUpResponse>(
      call, record, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::StepUpResponse> {
        TRELLIS_ASSIGN_OR_RETURN(v1::StepUpResponse done, ShowFactor(unit, caller, request, attempt, copy));
        shown = true;
        return done;
      });
  TRELLIS_RETURN_IF_ERROR(gate_.Settle(attempt, shown, response.status(), call.deadline()));
  if (copy.has_value()) TRELLIS_RETURN_IF_ERROR(RecordCopy(runtime_, caller.organization, *copy, call.deadline()));
  TRELLIS_RETURN_IF_ERROR(response.status());

  // Tokens are not part of what is stored for repetitions: each answer gets its own.
  LiveSession live;
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Transact(
      call.deadline(), [&](db::Session& tx) -> absl::Status { return tokens_.Find(tx, caller, live); }));
  TRELLIS_ASSIGN_OR_RETURN(access::IssuedToken token, tokens_.IssueAccess(live, call.deadline()));
  response->set_access_token(std::move(token.token));
  *response->mutable_expire_time() = rpc::ToTimestamp(token.expire_time);
  return response;
}

absl::StatusOr<v1::StepUpResponse> SessionsApi::ShowFactor(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                                           const v1::StepUpRequest& request, const SignInTry& attempt,
                                                           std::optional<Id>& copy) {
  copy.reset();  // of a try before, which was undone
  TRELLIS_ASSIGN_OR_RETURN(storage::SessionRow session, LockOwnSession(unit, caller));
  TRELLIS_RETURN_IF_ERROR(request.has_passkey() ? UsePasskey(unit, party_, caller, request.passkey(), copy)
                                                : ShowCode(unit, caller, session, request.code()));
  TRELLIS_RETURN_IF_ERROR(gate_.Succeeded(unit.db, attempt));
  if (request.has_passkey()) TRELLIS_RETURN_IF_ERROR(ForgetTriesOf(unit, caller.user));
  session.ShowedFactor(unit.now, request.has_passkey() ? kPasskeyMethod : kOneTimeCode);
  TRELLIS_RETURN_IF_ERROR(storage::UpdateSession(unit.db, session));
  v1::StepUpResponse response;
  *response.mutable_session() = ToProto(session, session.id);
  return response;
}

absl::Status SessionsApi::ShowCode(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                   const storage::SessionRow& session, absl::string_view code) {
  TRELLIS_ASSIGN_OR_RETURN(const auto factor, storage::LockSecondFactor(unit.db, unit.organization, caller.user));
  if (!factor.has_value() || !factor->active()) {
    return Error(absl::StatusCode::kFailedPrecondition, "NO_SECOND_FACTOR",
                 "Set up a second factor first (SecondFactors.BeginSecondFactor).");
  }
  TRELLIS_RETURN_IF_ERROR(CheckCodeWillDo(unit, caller, session));
  TRELLIS_ASSIGN_OR_RETURN(const bool right, UseCode(runtime_.seal(), unit.db, *factor, code, runtime_.clock().Now()));
  return right ? absl::OkStatus() : CodeRefused();
}

absl::StatusOr<v1::RefreshSessionResponse> SessionsApi::RefreshSession(rpc::CallContext& call,
                                                                       const v1::RefreshSessionRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(LiveSession live, tokens_.Refresh(request.refresh_token(), call.deadline()));
  TRELLIS_ASSIGN_OR_RETURN(access::IssuedToken token, tokens_.IssueAccess(live, call.deadline()));
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
            TRELLIS_ASSIGN_OR_RETURN(const auto user, storage::FindUser(unit.db, unit.organization, caller.user));
            if (!user.has_value()) return NotFound(request.session());
            if (session != caller.session) TRELLIS_RETURN_IF_ERROR(CheckMayEndOthers(unit, caller, *user));
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
            if (own) TRELLIS_RETURN_IF_ERROR(CheckMayEndOthers(unit, caller, *row));
            const auto keep = request.keep_current() ? std::optional(caller.session) : std::nullopt;
            TRELLIS_ASSIGN_OR_RETURN(ended, EndAllSessions(unit, user, EndReason::kRevoked, keep));
            v1::RevokeSessionsResponse done;
            done.set_ended_count(ended.sessions);
            return done;
          }));
  runtime_.sessions().Remember(ended.revocations);
  return response;
}

absl::Status SessionsApi::ForgetOldSessions(absl::Time deadline) {
  const absl::Time before = runtime_.clock().Now() - absl::Hours(24);
  return runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(storage::PurgeChallenges(tx, before));
    return storage::PurgeSessions(tx, before);
  });
}

}  // namespace trellis::identity
