#include "services/identity/storage/service_keys.h"

#include <tuple>
#include <utility>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO service_key (organization_id, id, user_id, key_hash, display_name, create_time, expire_time) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kFind[] =
    "SELECT organization_id, id, user_id, key_hash, display_name, create_time, expire_time, use_time, revoke_time "
    "FROM service_key WHERE key_hash = ?";
constexpr char kLock[] =
    "SELECT organization_id, id, user_id, key_hash, display_name, create_time, expire_time, use_time, revoke_time "
    "FROM service_key WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kList[] =
    "SELECT organization_id, id, user_id, key_hash, display_name, create_time, expire_time, use_time, revoke_time "
    "FROM service_key WHERE organization_id = ? AND user_id = ? AND revoke_time IS NULL AND expire_time > ? "
    "AND id > ? ORDER BY id LIMIT ?";
constexpr char kUse[] = "UPDATE service_key SET use_time = ? WHERE organization_id = ? AND id = ?";
constexpr char kRevoke[] = "UPDATE service_key SET revoke_time = ? WHERE organization_id = ? AND id = ?";

using Columns = std::tuple<Id, Id, Id, std::string, std::string, absl::Time, absl::Time, std::optional<absl::Time>,
                           std::optional<absl::Time>>;

ServiceKeyRow ToRow(Columns columns) {
  auto& [organization, id, user, key_hash, display_name, create_time, expire_time, use_time, revoke_time] = columns;
  return {organization, id,          user,     std::move(key_hash), std::move(display_name),
          create_time,  expire_time, use_time, revoke_time};
}

template <class... Key>
absl::StatusOr<std::optional<ServiceKeyRow>> FindBy(db::Session& session, absl::string_view sql, const Key&... key) {
  TRELLIS_ASSIGN_OR_RETURN(auto columns,
                           (session.QueryOne<Id, Id, Id, std::string, std::string, absl::Time, absl::Time,
                                             std::optional<absl::Time>, std::optional<absl::Time>>(sql, key...)));
  if (!columns.has_value()) return std::nullopt;
  return ToRow(*std::move(columns));
}

}  // namespace

absl::Status InsertServiceKey(db::Session& tx, const ServiceKeyRow& row) {
  return tx
      .Execute(kInsert, row.organization, row.id, row.user, row.key_hash, row.display_name, row.create_time,
               row.expire_time)
      .status();
}

absl::StatusOr<std::optional<ServiceKeyRow>> FindServiceKey(db::Session& session, absl::string_view key_hash) {
  return FindBy(session, kFind, key_hash);
}

absl::StatusOr<std::optional<ServiceKeyRow>> LockServiceKey(db::Session& tx, const Id& organization, const Id& id) {
  return FindBy(tx, kLock, organization, id);
}

absl::StatusOr<std::vector<ServiceKeyRow>> ListServiceKeys(db::Session& session, const Id& organization, const Id& user,
                                                           absl::Time now, const Id& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(auto found, (session.Query<Id, Id, Id, std::string, std::string, absl::Time, absl::Time,
                                                      std::optional<absl::Time>, std::optional<absl::Time>>(
                                           kList, organization, user, now, after, limit)));
  std::vector<ServiceKeyRow> rows;
  rows.reserve(found.size());
  for (auto& columns : found) rows.push_back(ToRow(std::move(columns)));
  return rows;
}

absl::Status UseServiceKey(db::Session& tx, const Id& organization, const Id& id, absl::Time now) {
  return tx.Execute(kUse, now, organization, id).status();
}

absl::Status RevokeServiceKey(db::Session& tx, const Id& organization, const Id& id, absl::Time now) {
  return tx.Execute(kRevoke, now, organization, id).status();
}

}  // namespace trellis::identity::storage
