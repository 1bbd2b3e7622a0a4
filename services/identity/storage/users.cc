#include "services/identity/storage/users.h"

#include <tuple>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/errors.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO user (organization_id, id, login, display_name, roles, clearances, disabled, password_hash, version, "
    "create_time, update_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kFind[] =
    "SELECT organization_id, id, login, display_name, roles, clearances, disabled, version, create_time, update_time "
    "FROM user WHERE organization_id = ? AND id = ?";
constexpr char kLock[] =
    "SELECT organization_id, id, login, display_name, roles, clearances, disabled, version, create_time, update_time "
    "FROM user WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kUpdate[] =
    "UPDATE user SET display_name = ?, roles = ?, clearances = ?, disabled = ?, version = ?, update_time = ? "
    "WHERE organization_id = ? AND id = ?";
constexpr char kList[] =
    "SELECT organization_id, id, login, display_name, roles, clearances, disabled, version, create_time, update_time "
    "FROM user WHERE organization_id = ? AND id > ? AND (roles & ?) <> 0 AND disabled <= ? ORDER BY id LIMIT ?";
constexpr char kFindCredentials[] =
    "SELECT organization_id, id, login, display_name, roles, clearances, disabled, version, create_time, update_time, "
    "password_hash FROM user WHERE login = ?";
constexpr char kCredentialsOf[] =
    "SELECT organization_id, id, login, display_name, roles, clearances, disabled, version, create_time, update_time, "
    "password_hash FROM user WHERE organization_id = ? AND id = ?";
constexpr char kLockCredentials[] =
    "SELECT organization_id, id, login, display_name, roles, clearances, disabled, version, create_time, update_time, "
    "password_hash FROM user WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kSetHash[] = "UPDATE user SET password_hash = ? WHERE organization_id = ? AND id = ?";
constexpr char kReplaceHash[] =
    "UPDATE user SET password_hash = ? WHERE organization_id = ? AND id = ? AND password_hash = ?";

constexpr int kEveryRole = ~1;  // bit 0 is no role

int ToBits(const Roles& roles) {
  int bits = 0;
  for (const Role role : roles) bits |= 1 << static_cast<int>(role);
  return bits;
}

Roles FromBits(int bits) {
  Roles roles;
  for (int number = 1; number < 31; ++number) {
    if ((bits & (1 << number)) != 0) roles.insert(static_cast<Role>(number));
  }
  return roles;
}

using Columns =
    std::tuple<Id, Id, std::string, std::string, int, std::int64_t, bool, std::int64_t, absl::Time, absl::Time>;

UserRow ToRow(Columns columns) {
  auto& [organization, id, login, display_name, roles, clearances, disabled, version, create_time, update_time] =
      columns;
  return {organization,     id,
          std::move(login), std::move(display_name),
          FromBits(roles),  LabelSet::FromBits(clearances),
          disabled,         version,
          create_time,      update_time};
}

absl::StatusOr<std::optional<UserRow>> FindBy(db::Session& session, absl::string_view sql, const Id& organization,
                                              const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto columns,
      session.QueryOne<Id, Id, std::string, std::string, int, std::int64_t, bool, std::int64_t, absl::Time, absl::Time>(
          sql, organization, id));
  if (!columns.has_value()) return std::nullopt;
  return ToRow(*std::move(columns));
}

template <class... Key>
absl::StatusOr<std::optional<Credentials>> CredentialsBy(db::Session& session, absl::string_view sql,
                                                         const Key&... key) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found, (session.QueryOne<Id, Id, std::string, std::string, int, std::int64_t, bool, std::int64_t, absl::Time,
                                    absl::Time, std::string>(sql, key...)));
  if (!found.has_value()) return std::nullopt;
  auto& [organization, id, login, display_name, roles, clearances, disabled, version, create_time, update_time, hash] =
      *found;
  return Credentials{ToRow({organization, id, std::move(login), std::move(display_name), roles, clearances, disabled,
                            version, create_time, update_time}),
                     std::move(hash)};
}

}  // namespace

absl::Status InsertUser(db::Session& tx, const UserRow& row, absl::string_view password_hash) {
  const absl::Status status =
      tx.Execute(kInsert, row.organization, row.id, row.login, row.display_name, ToBits(row.roles),
                 row.clearances.bits(), row.disabled, password_hash, row.version, row.create_time, row.update_time)
          .status();
  if (!db::IsDuplicateKey(status, "user_login")) return status;
  return Error(absl::StatusCode::kAlreadyExists, "LOGIN_TAKEN", "This login name is taken.");
}

absl::StatusOr<std::optional<UserRow>> FindUser(db::Session& session, const Id& organization, const Id& id) {
  return FindBy(session, kFind, organization, id);
}

absl::StatusOr<std::optional<UserRow>> LockUser(db::Session& tx, const Id& organization, const Id& id) {
  return FindBy(tx, kLock, organization, id);
}

absl::Status UpdateUser(db::Session& tx, const UserRow& row) {
  return tx
      .Execute(kUpdate, row.display_name, ToBits(row.roles), row.clearances.bits(), row.disabled, row.version,
               row.update_time, row.organization, row.id)
      .status();
}

absl::StatusOr<std::vector<UserRow>> ListUsers(db::Session& session, const Id& organization, const UserFilter& filter,
                                               const Id& after, int limit) {
  const int roles = filter.role.has_value() ? ToBits({*filter.role}) : kEveryRole;
  TRELLIS_ASSIGN_OR_RETURN(
      auto found,
      session.Query<Id, Id, std::string, std::string, int, std::int64_t, bool, std::int64_t, absl::Time, absl::Time>(
          kList, organization, after, roles, filter.with_disabled, limit));
  std::vector<UserRow> rows;
  rows.reserve(found.size());
  for (auto& columns : found) rows.push_back(ToRow(std::move(columns)));
  return rows;
}

absl::StatusOr<std::optional<Credentials>> FindCredentials(db::Session& session, absl::string_view canonical_login) {
  return CredentialsBy(session, kFindCredentials, canonical_login);
}

absl::StatusOr<std::optional<Credentials>> CredentialsOf(db::Session& session, const Id& organization, const Id& id) {
  return CredentialsBy(session, kCredentialsOf, organization, id);
}

absl::StatusOr<std::optional<Credentials>> LockCredentials(db::Session& tx, const Id& organization, const Id& id) {
  return CredentialsBy(tx, kLockCredentials, organization, id);
}

absl::Status SetPasswordHash(db::Session& tx, const Id& organization, const Id& id, absl::string_view hash) {
  return tx.Execute(kSetHash, hash, organization, id).status();
}

absl::Status ReplacePasswordHash(db::Session& tx, const Id& organization, const Id& id, absl::string_view before,
                                 absl::string_view after) {
  return tx.Execute(kReplaceHash, after, organization, id, before).status();
}

}  // namespace trellis::identity::storage
