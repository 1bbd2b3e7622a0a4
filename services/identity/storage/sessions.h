// Tables session and refresh_token.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_SESSIONS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_SESSIONS_H_

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/identity/domain/session_rules.h"

namespace trellis::identity::storage {

struct SessionRow {
  Id organization;
  Id id;
  Id user;
  int generation = 1;
  std::vector<std::string> methods;
  absl::Time auth_time;
  absl::Time create_time;
  absl::Time refresh_time;
  absl::Time expire_time;
  EndReason end_reason = EndReason::kNone;

  bool Shows(absl::string_view method) const {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  }
  // The user has just shown a second factor of this kind.
  void ShowedFactor(absl::Time now, absl::string_view method) {
    auth_time = now;
    if (!Shows(method)) methods.emplace_back(method);
  }

  SessionState state() const { return {generation, refresh_time, expire_time, end_reason != EndReason::kNone}; }
};

absl::Status InsertSession(db::Session& tx, const SessionRow& row);
// Locked until the end of the transaction.
absl::StatusOr<std::optional<SessionRow>> LockSession(db::Session& tx, const Id& organization, const Id& id);
// Writes generation, methods, authentication and refresh time.
absl::Status UpdateSession(db::Session& tx, const SessionRow& row);
// Those of the user that go on at `now`, behind `after`, in the order of their ids.
absl::StatusOr<std::vector<SessionRow>> ListSessions(db::Session& session, const Id& organization, const Id& user,
                                                     absl::Time now, const Id& after, int limit);
// False where it was over before.
absl::StatusOr<bool> EndSession(db::Session& tx, const Id& organization, const Id& id, EndReason reason,
                                absl::Time now);

struct RefreshTokenRow {
  std::string hash;  // SHA-256
  Id organization;
  Id session;
  int generation = 1;
  std::optional<absl::Time> use_time;
  std::string successor_key;  // "" where there is none
  absl::Time expire_time;

  ShownToken shown() const { return {generation, use_time}; }
};

absl::Status InsertRefreshToken(db::Session& tx, const RefreshTokenRow& row);
// With `lock` locked until the end of the transaction.
absl::StatusOr<std::optional<RefreshTokenRow>> FindRefreshToken(db::Session& session, absl::string_view hash,
                                                                bool lock);
// Marks it as used; the key of its predecessor is forgotten.
absl::Status UseRefreshToken(db::Session& tx, const RefreshTokenRow& row, absl::string_view successor_key,
                             absl::Time now);

// Deletes sessions and tokens whose time ended before `before`; at most 1,000 of each.
absl::Status PurgeSessions(db::Session& tx, absl::Time before);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_SESSIONS_H_
