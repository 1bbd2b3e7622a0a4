#include "services/identity/storage/organizations.h"

#include <tuple>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO organization (id, display_name, kind, second_factor_required, passkey_required_for_administrators, "
    "version, create_time, update_time) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kFind[] =
    "SELECT id, display_name, kind, second_factor_required, passkey_required_for_administrators, version, create_time, "
    "update_time FROM organization "
    "WHERE id = ?";
constexpr char kLock[] =
    "SELECT id, display_name, kind, second_factor_required, passkey_required_for_administrators, version, create_time, "
    "update_time FROM organization "
    "WHERE id = ? FOR UPDATE";
constexpr char kUpdate[] =
    "UPDATE organization SET display_name = ?, second_factor_required = ?, passkey_required_for_administrators = ?, "
    "version = ?, update_time = ? WHERE id = ?";
constexpr char kList[] =
    "SELECT id, display_name, kind, second_factor_required, passkey_required_for_administrators, version, create_time, "
    "update_time FROM organization "
    "WHERE id > ? ORDER BY id LIMIT ?";

OrganizationRow ToRow(std::tuple<Id, std::string, int, bool, bool, std::int64_t, absl::Time, absl::Time> columns) {
  auto& [id, display_name, kind, second_factor_required, passkey_required_for_administrators, version, create_time,
         update_time] = columns;
  return {id,
          std::move(display_name),
          kind,
          second_factor_required,
          passkey_required_for_administrators,
          version,
          create_time,
          update_time};
}

absl::StatusOr<std::optional<OrganizationRow>> FindBy(db::Session& session, absl::string_view sql, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto columns,
      (session.QueryOne<Id, std::string, int, bool, bool, std::int64_t, absl::Time, absl::Time>(sql, id)));
  if (!columns.has_value()) return std::nullopt;
  return ToRow(*std::move(columns));
}

}  // namespace

absl::Status InsertOrganization(db::Session& tx, const OrganizationRow& row) {
  return tx
      .Execute(kInsert, row.id, row.display_name, row.kind, row.second_factor_required,
               row.passkey_required_for_administrators, row.version, row.create_time, row.update_time)
      .status();
}

absl::StatusOr<std::optional<OrganizationRow>> FindOrganization(db::Session& session, const Id& id) {
  return FindBy(session, kFind, id);
}

absl::StatusOr<std::string> OrganizationName(db::Session& session, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(const auto row, FindOrganization(session, id));
  return row.has_value() ? row->display_name : std::string();
}

absl::StatusOr<std::optional<OrganizationRow>> LockOrganization(db::Session& tx, const Id& id) {
  return FindBy(tx, kLock, id);
}

absl::Status UpdateOrganization(db::Session& tx, const OrganizationRow& row) {
  return tx
      .Execute(kUpdate, row.display_name, row.second_factor_required, row.passkey_required_for_administrators,
               row.version, row.update_time, row.id)
      .status();
}

absl::StatusOr<std::vector<OrganizationRow>> ListOrganizations(db::Session& session, const Id& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found,
      (session.Query<Id, std::string, int, bool, bool, std::int64_t, absl::Time, absl::Time>(kList, after, limit)));
  std::vector<OrganizationRow> rows;
  rows.reserve(found.size());
  for (auto& columns : found) rows.push_back(ToRow(std::move(columns)));
  return rows;
}

}  // namespace trellis::identity::storage
