#include "services/identity/storage/organizations.h"

#include <tuple>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO organization (id, display_name, kind, version, create_time, update_time) VALUES (?, ?, ?, ?, ?, ?)";
constexpr char kFind[] =
    "SELECT id, display_name, kind, version, create_time, update_time FROM organization WHERE id = ?";
constexpr char kList[] =
    "SELECT id, display_name, kind, version, create_time, update_time FROM organization WHERE id > ? "
    "ORDER BY id LIMIT ?";

OrganizationRow ToRow(std::tuple<Id, std::string, int, std::int64_t, absl::Time, absl::Time> columns) {
  auto& [id, display_name, kind, version, create_time, update_time] = columns;
  return {id, std::move(display_name), kind, version, create_time, update_time};
}

}  // namespace

absl::Status InsertOrganization(db::Session& tx, const OrganizationRow& row) {
  return tx.Execute(kInsert, row.id, row.display_name, row.kind, row.version, row.create_time, row.update_time)
      .status();
}

absl::StatusOr<std::optional<OrganizationRow>> FindOrganization(db::Session& session, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto columns,
                           session.QueryOne<Id, std::string, int, std::int64_t, absl::Time, absl::Time>(kFind, id));
  if (!columns.has_value()) return std::nullopt;
  return ToRow(*std::move(columns));
}

absl::StatusOr<std::vector<OrganizationRow>> ListOrganizations(db::Session& session, const Id& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found, session.Query<Id, std::string, int, std::int64_t, absl::Time, absl::Time>(kList, after, limit));
  std::vector<OrganizationRow> rows;
  rows.reserve(found.size());
  for (auto& columns : found) rows.push_back(ToRow(std::move(columns)));
  return rows;
}

}  // namespace trellis::identity::storage
