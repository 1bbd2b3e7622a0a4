#include "services/identity/storage/passkeys.h"

#include <tuple>
#include <utility>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO passkey (organization_id, id, user_id, credential_id, public_key, sign_count, display_name, "
    "create_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kLock[] =
    "SELECT organization_id, id, user_id, credential_id, public_key, sign_count, display_name, create_time, use_time, "
    "suspect_time FROM passkey WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kLockOf[] =
    "SELECT organization_id, id, user_id, credential_id, public_key, sign_count, display_name, create_time, use_time, "
    "suspect_time FROM passkey WHERE organization_id = ? AND user_id = ? AND credential_id = ? FOR UPDATE";
constexpr char kList[] =
    "SELECT organization_id, id, user_id, credential_id, public_key, sign_count, display_name, create_time, use_time, "
    "suspect_time FROM passkey WHERE organization_id = ? AND user_id = ? AND id > ? ORDER BY id LIMIT ?";
constexpr char kUpdate[] =
    "UPDATE passkey SET sign_count = ?, use_time = ?, suspect_time = ? WHERE organization_id = ? AND id = ?";
constexpr char kDelete[] = "DELETE FROM passkey WHERE organization_id = ? AND id = ?";

constexpr char kPutChallenge[] =
    "INSERT INTO passkey_challenge (organization_id, user_id, session_id, purpose, challenge, expire_time) "
    "VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE challenge = VALUES(challenge), "
    "expire_time = VALUES(expire_time)";
constexpr char kLockChallenge[] =
    "SELECT challenge FROM passkey_challenge WHERE organization_id = ? AND user_id = ? AND session_id = ? "
    "AND purpose = ? AND expire_time > ? FOR UPDATE";
constexpr char kUseChallenge[] =
    "DELETE FROM passkey_challenge WHERE organization_id = ? AND user_id = ? AND session_id = ? AND purpose = ? "
    "AND challenge = ?";
constexpr char kPurgeChallenges[] =
    "DELETE FROM passkey_challenge WHERE expire_time < ? ORDER BY expire_time LIMIT 1000";

using Columns = std::tuple<Id, Id, Id, std::string, std::string, std::int64_t, std::string, absl::Time,
                           std::optional<absl::Time>, std::optional<absl::Time>>;

PasskeyRow ToRow(Columns columns) {
  auto& [organization, id, user, credential_id, public_key, sign_count, display_name, create_time, use_time,
         suspect_time] = columns;
  return {organization,
          id,
          user,
          std::move(credential_id),
          std::move(public_key),
          sign_count,
          std::move(display_name),
          create_time,
          use_time,
          suspect_time};
}

template <class... Key>
absl::StatusOr<std::optional<PasskeyRow>> FindBy(db::Session& session, absl::string_view sql, const Key&... key) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto columns, (session.QueryOne<Id, Id, Id, std::string, std::string, std::int64_t, std::string, absl::Time,
                                      std::optional<absl::Time>, std::optional<absl::Time>>(sql, key...)));
  if (!columns.has_value()) return std::nullopt;
  return ToRow(*std::move(columns));
}

}  // namespace

absl::Status InsertPasskey(db::Session& tx, const PasskeyRow& row) {
  return tx
      .Execute(kInsert, row.organization, row.id, row.user, row.credential_id, row.public_key, row.sign_count,
               row.display_name, row.create_time)
      .status();
}

absl::StatusOr<std::optional<PasskeyRow>> LockPasskey(db::Session& tx, const Id& organization, const Id& id) {
  return FindBy(tx, kLock, organization, id);
}

absl::StatusOr<std::optional<PasskeyRow>> LockPasskeyOf(db::Session& tx, const Id& organization, const Id& user,
                                                        absl::string_view credential_id) {
  return FindBy(tx, kLockOf, organization, user, credential_id);
}

absl::StatusOr<std::vector<PasskeyRow>> ListPasskeys(db::Session& session, const Id& organization, const Id& user,
                                                     const Id& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(auto found, (session.Query<Id, Id, Id, std::string, std::string, std::int64_t, std::string,
                                                      absl::Time, std::optional<absl::Time>, std::optional<absl::Time>>(
                                           kList, organization, user, after, limit)));
  std::vector<PasskeyRow> rows;
  rows.reserve(found.size());
  for (auto& columns : found) rows.push_back(ToRow(std::move(columns)));
  return rows;
}

absl::StatusOr<bool> HasPasskey(db::Session& session, const Id& organization, const Id& user) {
  TRELLIS_ASSIGN_OR_RETURN(const auto rows, ListPasskeys(session, organization, user, Id(), 1));
  return !rows.empty();
}

absl::Status UpdatePasskey(db::Session& tx, const PasskeyRow& row) {
  return tx.Execute(kUpdate, row.sign_count, row.use_time, row.suspect_time, row.organization, row.id).status();
}

absl::Status DeletePasskey(db::Session& tx, const Id& organization, const Id& id) {
  return tx.Execute(kDelete, organization, id).status();
}

absl::Status DeletePasskeysOf(db::Session& tx, const Id& organization, const Id& user) {
  return tx.Execute("DELETE FROM passkey WHERE organization_id = ? AND user_id = ?", organization, user).status();
}

absl::Status PutChallenge(db::Session& tx, const ChallengeKey& key, absl::string_view challenge,
                          absl::Time expire_time) {
  return tx
      .Execute(kPutChallenge, key.organization, key.user, key.session, static_cast<int>(key.purpose), challenge,
               expire_time)
      .status();
}

absl::StatusOr<std::optional<std::string>> LockChallenge(db::Session& tx, const ChallengeKey& key, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(auto found, tx.QueryOne<std::string>(kLockChallenge, key.organization, key.user, key.session,
                                                                static_cast<int>(key.purpose), now));
  if (!found.has_value()) return std::nullopt;
  return std::get<0>(*std::move(found));
}

absl::StatusOr<bool> UseChallenge(db::Session& tx, const ChallengeKey& key, absl::string_view challenge) {
  TRELLIS_ASSIGN_OR_RETURN(const std::int64_t used, tx.Execute(kUseChallenge, key.organization, key.user, key.session,
                                                               static_cast<int>(key.purpose), challenge));
  return used == 1;
}

absl::Status PurgeChallenges(db::Session& tx, absl::Time before) {
  return tx.Execute(kPurgeChallenges, before).status();
}

}  // namespace trellis::identity::storage
