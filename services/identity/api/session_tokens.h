// The tokens of a session: the refresh token that carries it on, the access token that opens doors.
#ifndef TRELLIS_SERVICES_IDENTITY_API_SESSION_TOKENS_H_
#define TRELLIS_SERVICES_IDENTITY_API_SESSION_TOKENS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/access/token.h"
#include "common/rpc/caller.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/token_keys.h"
#include "services/identity/domain/session_rules.h"
#include "services/identity/storage/sessions.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {

// A session and the refresh token that carries it on.
struct LiveSession {
  storage::SessionRow session;
  storage::UserRow user;
  std::string refresh_token;  // a secret
  bool restricted = false;    // a second factor is still to be shown: no roles
};

absl::Status SessionEnded();  // UNAUTHENTICATED SESSION_ENDED

// Whether a second factor is still to be shown in this session of a user with these roles: one that the organization
// wants, or the passkey that the user has. Service accounts have none.
// The row of the caller's own session, locked, while it goes on. Error: UNAUTHENTICATED SESSION_ENDED.
absl::StatusOr<storage::SessionRow> LockOwnSession(runtime::WriteUnit& unit, const rpc::Caller& caller);
absl::StatusOr<bool> IsRestricted(db::Session& session, const storage::SessionRow& row, const Roles& roles);

// A refresh token is 256 random bits; only its SHA-256 is stored. The next one is a keyed digest of it under a random
// key that is made when it is used: so the same next token can be given out again for a few seconds, and neither the
// database nor an old token alone is enough to know it. Thread-safe.
class SessionTokens {
 public:
  SessionTokens(runtime::Runtime& runtime, TokenKeys& keys) : runtime_(runtime), keys_(keys) {}

  // Begins a session of the user, whose row is locked, in the unit's transaction. Where too many go on already, the
  // oldest one ends.
  absl::StatusOr<LiveSession> Begin(runtime::WriteUnit& unit, const storage::UserRow& user,
                                    const std::vector<std::string>& methods,
                                    absl::Time latest_end = absl::InfiniteFuture());

  // Carries a session on. Error: UNAUTHENTICATED SESSION_ENDED; a token that was used before ends its session.
  absl::StatusOr<LiveSession> Refresh(absl::string_view refresh_token, absl::Time deadline);

  // The session of the caller, without a refresh token. Error: UNAUTHENTICATED SESSION_ENDED.
  absl::Status Find(db::Session& tx, const rpc::Caller& caller, LiveSession& live);

  absl::StatusOr<access::IssuedToken> IssueAccess(const LiveSession& live, absl::Time deadline);

 private:
  struct Outcome {
    identity::Refresh verdict = identity::Refresh::kTooLate;
    LiveSession live;
  };
  absl::StatusOr<std::string> Give(db::Session& tx, const storage::SessionRow& session, absl::string_view token);
  absl::StatusOr<Outcome> Judge(db::Session& tx, absl::string_view token);
  absl::Status Advance(db::Session& tx, absl::string_view token, const storage::RefreshTokenRow& row, Outcome& outcome);
  absl::Status EndStolen(const storage::SessionRow& session, absl::Time deadline);

  runtime::Runtime& runtime_;
  TokenKeys& keys_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SESSION_TOKENS_H_
