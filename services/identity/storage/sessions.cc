#include "services/identity/storage/sessions.h"

#include <tuple>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO session (organization_id, id, user_id, generation, methods, auth_time, create_time, refresh_time, "
    "expire_time, end_time, end_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)";
constexpr char kLock[] =
    "SELECT organization_id, id, user_id, generation, methods, auth_time, create_time, refresh_time, expire_time, "
    "end_reason FROM session WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kUpdate[] =
    "UPDATE session SET generation = ?, methods = ?, auth_time = ?, refresh_time = ? "
    "WHERE organization_id = ? AND id = ?";
constexpr char kList[] =
    "SELECT organization_id, id, user_id, generation, methods, auth_time, create_time, refresh_time, expire_time, "
    "end_reason FROM session WHERE organization_id = ? AND user_id = ? AND end_reason = 0 AND id > ? "
    "AND expire_time > ? AND refresh_time > ? ORDER BY id LIMIT ?";
constexpr char kEnd[] =
    "UPDATE session SET end_reason = ?, end_time = ? WHERE organization_id = ? AND id = ? AND end_reason = 0";
constexpr char kPurge[] = "DELETE FROM session WHERE expire_time < ? ORDER BY expire_time LIMIT 1000";

constexpr char kInsertToken[] =
    "INSERT INTO refresh_token (token_hash, organization_id, session_id, generation, use_time, successor_key, "
    "expire_time) VALUES (?, ?, ?, ?, NULL, NULL, ?)";
constexpr char kFindToken[] =
    "SELECT organization_id, session_id, generation, use_time, successor_key, expire_time FROM refresh_token "
    "WHERE token_hash = ?";
constexpr char kLockToken[] =
    "SELECT organization_id, session_id, generation, use_time, successor_key, expire_time FROM refresh_token "
    "WHERE token_hash = ? FOR UPDATE";
constexpr char kUseToken[] = "UPDATE refresh_token SET use_time = ?, successor_key = ? WHERE token_hash = ?";
constexpr char kForgetKey[] =
    "UPDATE refresh_token SET successor_key = NULL WHERE organization_id = ? AND session_id = ? AND generation = ?";
constexpr char kPurgeTokens[] = "DELETE FROM refresh_token WHERE expire_time < ? ORDER BY expire_time LIMIT 1000";

using Columns = std::tuple<Id, Id, Id, int, std::string, absl::Time, absl::Time, absl::Time, absl::Time, int>;

SessionRow ToRow(const Columns& columns) {
  const auto& [organization, id, user, generation, methods, auth, create, refresh, expire, reason] = columns;
  return {organization, id,     user,    generation, absl::StrSplit(methods, ',', absl::SkipEmpty()),
          auth,         create, refresh, expire,     static_cast<EndReason>(reason)};
}

}  // namespace

absl::Status InsertSession(db::Session& tx, const SessionRow& row) {
  return tx
      .Execute(kInsert, row.organization, row.id, row.user, row.generation, absl::StrJoin(row.methods, ","),
               row.auth_time, row.create_time, row.refresh_time, row.expire_time)
      .status();
}

absl::StatusOr<std::optional<SessionRow>> LockSession(db::Session& tx, const Id& organization, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto columns,
      (tx.QueryOne<Id, Id, Id, int, std::string, absl::Time, absl::Time, absl::Time, absl::Time, int>(
          kLock, organization, id)));
  if (!columns.has_value()) return std::nullopt;
  return ToRow(*columns);
}

absl::Status UpdateSession(db::Session& tx, const SessionRow& row) {
  return tx
      .Execute(kUpdate, row.generation, absl::StrJoin(row.methods, ","), row.auth_time, row.refresh_time,
               row.organization, row.id)
      .status();
}

absl::StatusOr<std::vector<SessionRow>> ListSessions(db::Session& session, const Id& organization, const Id& user,
                                                     absl::Time now, const Id& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto found,
      (session.Query<Id, Id, Id, int, std::string, absl::Time, absl::Time, absl::Time, absl::Time, int>(
          kList, organization, user, after, now, now - kSessionIdle, limit)));
  std::vector<SessionRow> rows;
  rows.reserve(found.size());
  for (const auto& columns : found) rows.push_back(ToRow(columns));
  return rows;
}

absl::StatusOr<bool> EndSession(db::Session& tx, const Id& organization, const Id& id, EndReason reason,
                                absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const std::int64_t rows, tx.Execute(kEnd, static_cast<int>(reason), now, organization, id));
  return rows > 0;
}

absl::Status InsertRefreshToken(db::Session& tx, const RefreshTokenRow& row) {
  return tx.Execute(kInsertToken, row.hash, row.organization, row.session, row.generation, row.expire_time).status();
}

absl::StatusOr<std::optional<RefreshTokenRow>> FindRefreshToken(db::Session& session, absl::string_view hash,
                                                                bool lock) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found, (session.QueryOne<Id, Id, int, std::optional<absl::Time>, std::optional<std::string>, absl::Time>(
                      lock ? kLockToken : kFindToken, hash)));
  if (!found.has_value()) return std::nullopt;
  auto& [organization, id, generation, use_time, successor_key, expire_time] = *found;
  return RefreshTokenRow{
      std::string(hash), organization, id, generation, use_time, std::move(successor_key).value_or(""), expire_time};
}

absl::Status UseRefreshToken(db::Session& tx, const RefreshTokenRow& row, absl::string_view successor_key,
                             absl::Time now) {
  TRELLIS_RETURN_IF_ERROR(tx.Execute(kUseToken, now, successor_key, row.hash).status());
  return tx.Execute(kForgetKey, row.organization, row.session, row.generation - 1).status();
}

absl::Status PurgeSessions(db::Session& tx, absl::Time before) {
  TRELLIS_RETURN_IF_ERROR(tx.Execute(kPurgeTokens, before).status());
  return tx.Execute(kPurge, before).status();
}

}  // namespace trellis::identity::storage
