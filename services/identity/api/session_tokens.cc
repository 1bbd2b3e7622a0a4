#include "services/identity/api/session_tokens.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/passkey_proofs.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/storage/organizations.h"
#include "services/identity/storage/passkeys.h"

namespace trellis::identity {
namespace {

constexpr std::size_t kTokenBytes = 32;

}  // namespace

absl::Status SessionEnded() {
  return Error(absl::StatusCode::kUnauthenticated, "SESSION_ENDED", "The session is over. Sign in again.");
}

absl::StatusOr<storage::SessionRow> LockOwnSession(runtime::WriteUnit& unit, const rpc::Caller& caller) {
  TRELLIS_ASSIGN_OR_RETURN(auto row, storage::LockSession(unit.db, unit.organization, caller.session));
  if (row.has_value() && GoesOn(row->state(), unit.now)) return *std::move(row);
  return SessionEnded();
}

absl::StatusOr<bool> IsRestricted(db::Session& session, const storage::SessionRow& row, const Roles& roles) {
  if (!row.Shows(kPasswordMethod) || row.Shows(kPasskeyMethod)) return false;
  TRELLIS_ASSIGN_OR_RETURN(const bool passkey_wanted, MustHavePasskey(session, row.organization, roles));
  if (passkey_wanted) return true;
  if (row.Shows(kOneTimeCode)) return false;
  TRELLIS_ASSIGN_OR_RETURN(const auto organization, storage::FindOrganization(session, row.organization));
  if (organization.has_value() && organization->second_factor_required) return true;
  return storage::HasPasskey(session, row.organization, row.user);
}

absl::StatusOr<LiveSession> SessionTokens::Begin(runtime::WriteUnit& unit, const storage::UserRow& user,
                                                 const std::vector<std::string>& methods, absl::Time latest_end) {
  TRELLIS_ASSIGN_OR_RETURN(const auto others,
                           storage::ListSessions(unit.db, user.organization, user.id, unit.now, Id(), kMostSessions));
  if (others.size() >= kMostSessions) {
    // The oldest; but where a session waits for its passkey, that one: the password alone pushes nobody out.
    const auto waits = [](const storage::SessionRow& row) {
      return !row.Shows(kOneTimeCode) && !row.Shows(kPasskeyMethod);
    };
    const auto waiting = std::find_if(others.begin(), others.end(), waits);
    const storage::SessionRow& ended = waiting == others.end() ? others.front() : *waiting;
    TRELLIS_RETURN_IF_ERROR(EndSessions(unit, user.id, {ended.id}, EndReason::kTooMany).status());
  }
  LiveSession live;
  live.user = user;
  live.session.organization = user.organization;
  live.session.id = unit.NextId();
  live.session.user = user.id;
  live.session.methods = methods;
  live.session.auth_time = live.session.create_time = live.session.refresh_time = unit.now;
  live.session.expire_time = std::min(unit.now + kSessionLife, latest_end);
  TRELLIS_RETURN_IF_ERROR(storage::InsertSession(unit.db, live.session));
  TRELLIS_ASSIGN_OR_RETURN(live.restricted, IsRestricted(unit.db, live.session, user.roles));
  TRELLIS_ASSIGN_OR_RETURN(live.refresh_token, Give(unit.db, live.session, runtime_.random().Bytes(kTokenBytes)));
  return live;
}

absl::StatusOr<LiveSession> SessionTokens::Refresh(absl::string_view refresh_token, absl::Time deadline) {
  const std::optional<std::string> token = crypto::Base64UrlDecode(refresh_token);
  if (!token.has_value() || token->size() != kTokenBytes) return SessionEnded();
  // What no session had is refused without a lock, so that nobody can hold anything up with it.
  bool known = false;
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::FindRefreshToken(session, crypto::Sha256(*token), false));
    known = row.has_value();
    return absl::OkStatus();
  }));
  if (!known) return SessionEnded();

  Outcome outcome;
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(outcome, Judge(tx, *token));
    return absl::OkStatus();
  }));
  if (outcome.verdict == identity::Refresh::kTheft) {
    TRELLIS_RETURN_IF_ERROR(EndStolen(outcome.live.session, deadline));
  }
  if (outcome.live.refresh_token.empty()) return SessionEnded();
  return std::move(outcome.live);
}

absl::StatusOr<SessionTokens::Outcome> SessionTokens::Judge(db::Session& tx, absl::string_view token) {
  Outcome outcome;
  TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::FindRefreshToken(tx, crypto::Sha256(token), true));
  if (!row.has_value()) return outcome;
  TRELLIS_ASSIGN_OR_RETURN(const auto session, storage::LockSession(tx, row->organization, row->session));
  if (!session.has_value()) return outcome;
  TRELLIS_ASSIGN_OR_RETURN(const auto user, storage::FindUser(tx, session->organization, session->user));
  if (!user.has_value() || user->disabled) return outcome;
  outcome.live.session = *session;
  outcome.live.user = *user;
  TRELLIS_ASSIGN_OR_RETURN(outcome.live.restricted, IsRestricted(tx, *session, user->roles));
  outcome.verdict = JudgeRefresh(session->state(), row->shown(), runtime_.clock().Now());
  if (outcome.verdict == identity::Refresh::kNext) TRELLIS_RETURN_IF_ERROR(Advance(tx, token, *row, outcome));
  if (outcome.verdict == identity::Refresh::kRepeat) {
    outcome.live.refresh_token = crypto::Base64UrlEncode(crypto::HmacSha256(row->successor_key, token));
  }
  return outcome;
}

absl::Status SessionTokens::Advance(db::Session& tx, absl::string_view token, const storage::RefreshTokenRow& row,
                                    Outcome& outcome) {
  const absl::Time now = runtime_.clock().Now();
  const std::string successor_key = runtime_.random().Bytes(kTokenBytes);
  TRELLIS_RETURN_IF_ERROR(storage::UseRefreshToken(tx, row, successor_key, now));
  storage::SessionRow& session = outcome.live.session;
  ++session.generation;
  session.refresh_time = now;
  TRELLIS_RETURN_IF_ERROR(storage::UpdateSession(tx, session));
  TRELLIS_ASSIGN_OR_RETURN(outcome.live.refresh_token, Give(tx, session, crypto::HmacSha256(successor_key, token)));
  return absl::OkStatus();
}

absl::StatusOr<std::string> SessionTokens::Give(db::Session& tx, const storage::SessionRow& session,
                                                absl::string_view token) {
  storage::RefreshTokenRow row;
  row.hash = crypto::Sha256(token);
  row.organization = session.organization;
  row.session = session.id;
  row.generation = session.generation;
  row.expire_time = session.expire_time;
  TRELLIS_RETURN_IF_ERROR(storage::InsertRefreshToken(tx, row));
  return crypto::Base64UrlEncode(token);
}

absl::Status SessionTokens::EndStolen(const storage::SessionRow& session, absl::Time deadline) {
  log::Warning("a refresh token was used twice: its session ends",
               {{"session", rpc::MakeName(kSessions, session.id)}, {"user", rpc::MakeName(kUsers, session.user)}});
  runtime::BackgroundWork work;
  work.organization = session.organization;
  work.purpose = "identity.end_stolen_session";
  work.deadline = deadline;
  Ended ended;
  TRELLIS_RETURN_IF_ERROR(runtime_.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(ended, EndSessions(unit, session.user, {session.id}, EndReason::kTokenReused));
    return absl::OkStatus();
  }));
  runtime_.sessions().Remember(ended.revocations);
  return absl::OkStatus();
}

absl::Status SessionTokens::Find(db::Session& tx, const rpc::Caller& caller, LiveSession& live) {
  TRELLIS_ASSIGN_OR_RETURN(auto user, storage::FindUser(tx, caller.organization, caller.user));
  TRELLIS_ASSIGN_OR_RETURN(auto session, storage::LockSession(tx, caller.organization, caller.session));
  if (!user.has_value() || user->disabled || !session.has_value()) return SessionEnded();
  if (!GoesOn(session->state(), runtime_.clock().Now())) return SessionEnded();
  live.session = *std::move(session);
  live.user = *std::move(user);
  TRELLIS_ASSIGN_OR_RETURN(live.restricted, IsRestricted(tx, live.session, live.user.roles));
  return absl::OkStatus();
}

absl::StatusOr<access::IssuedToken> SessionTokens::IssueAccess(const LiveSession& live, absl::Time deadline) {
  access::TokenSubject subject;
  subject.user = live.user.id;
  subject.organization = live.user.organization;
  subject.session = live.session.id;
  if (!live.restricted) {
    for (const Role role : live.user.roles) subject.roles.push_back(static_cast<options::v1::Role>(role));
    subject.clearances = live.user.clearances;
  }
  subject.methods = live.session.methods;
  subject.auth_time = live.session.auth_time;
  return keys_.Issue(subject, deadline);
}

}  // namespace trellis::identity
