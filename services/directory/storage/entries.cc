#include "services/directory/storage/entries.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/directory/domain/document.h"
#include "services/directory/domain/geo.h"
#include "services/directory/storage/in_list.h"

namespace trellis::directory {
namespace {

using ProviderRow = std::tuple<Id, std::string, std::optional<Id>, std::int64_t, absl::Time, absl::Time>;
using LocationRow = std::tuple<Id, std::string, std::int64_t, absl::Time, absl::Time>;

absl::StatusOr<StoredProvider> ToProvider(const ProviderRow& row) {
  const auto& [id, document, organization, version, created, updated] = row;
  TRELLIS_ASSIGN_OR_RETURN(Provider provider, ProviderFromDocument(id, document));
  return StoredProvider{std::move(provider), organization.value_or(Id()), {version, created, updated}};
}

absl::StatusOr<StoredLocation> ToLocation(const LocationRow& row) {
  const auto& [id, document, version, created, updated] = row;
  TRELLIS_ASSIGN_OR_RETURN(Location location, LocationFromDocument(id, document));
  return StoredLocation{std::move(location), {version, created, updated}};
}

using Documents = absl::flat_hash_map<Id, std::string>;

template <class Entry>
std::vector<Id> IdsOf(const std::vector<Entry>& entries) {
  std::vector<Id> ids;
  ids.reserve(entries.size());
  for (const Entry& entry : entries) ids.push_back(entry.id);
  return ids;
}

absl::StatusOr<Documents> LoadDocuments(db::Session& session, absl::string_view select, const std::vector<Id>& ids) {
  Documents documents;
  if (ids.empty()) return documents;
  const std::vector<Id> list = Padded(ids);
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      session.Query<Id, std::string>(absl::StrCat(select, " WHERE id IN (", db::Placeholders(list.size()), ") LIMIT ?"),
                                     list, list.size()));
  for (auto& [id, document] : rows) documents.emplace(id, std::move(document));
  return documents;
}

Change Compare(const Documents& stored, const Id& id, const std::string& document) {
  const auto found = stored.find(id);
  if (found == stored.end()) return Change::kCreated;
  return found->second == document ? Change::kUnchanged : Change::kUpdated;
}

absl::StatusOr<absl::flat_hash_set<Id>> Existing(db::Session& session, absl::string_view select,
                                                 const std::vector<Id>& ids) {
  absl::flat_hash_set<Id> existing;
  constexpr std::size_t kChunk = 256;
  for (std::size_t at = 0; at < ids.size(); at += kChunk) {
    const std::vector<Id> list =
        Padded(std::vector<Id>(ids.begin() + static_cast<std::ptrdiff_t>(at),
                               ids.begin() + static_cast<std::ptrdiff_t>(std::min(at + kChunk, ids.size()))));
    TRELLIS_ASSIGN_OR_RETURN(
        auto rows, session.Query<Id>(absl::StrCat(select, " WHERE id IN (", db::Placeholders(list.size()), ") LIMIT ?"),
                                     list, list.size()));
    for (const auto& [id] : rows) existing.insert(id);
  }
  return existing;
}

// Services there know cell and position of their places, and whether they have any.
absl::Status CarryPosition(db::Session& session, const Id& location, const std::optional<std::int64_t>& cell,
                           const std::optional<Position>& position) {
  const std::optional<double> latitude = position ? std::optional(position->latitude) : std::nullopt;
  const std::optional<double> longitude = position ? std::optional(position->longitude) : std::nullopt;
  TRELLIS_RETURN_IF_ERROR(
      session
          .Execute(
              "UPDATE healthcare_service_location SET cell_id = ?, latitude = ?, longitude = ? WHERE location_id = ?",
              cell, latitude, longitude, location)
          .status());
  return session
      .Execute(
          "UPDATE healthcare_service SET positioned = EXISTS (SELECT 1 FROM healthcare_service_location p "
          "WHERE p.healthcare_service_id = healthcare_service.id AND p.cell_id IS NOT NULL) "
          "WHERE id IN (SELECT q.healthcare_service_id FROM healthcare_service_location q WHERE q.location_id = ?)",
          location)
      .status();
}

}  // namespace

absl::StatusOr<std::optional<StoredProvider>> FindProvider(db::Session& session, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto row,
                           session.QueryOne<Id, std::string, std::optional<Id>, std::int64_t, absl::Time, absl::Time>(
                               "SELECT id, document, managing_organization_id, version, create_time, update_time "
                               "FROM provider WHERE id = ?",
                               id));
  if (!row.has_value()) return std::nullopt;
  return ToProvider(*row);
}

absl::StatusOr<std::vector<StoredProvider>> ListProviders(db::Session& session, const Id& managing_organization,
                                                          const NameCursor& after, int limit) {
  const std::string condition = managing_organization.is_nil() ? "" : "managing_organization_id = ? AND ";
  std::vector<db::Value> args;
  if (!managing_organization.is_nil()) args.emplace_back(managing_organization);
  for (const db::Value& value : {db::Value(after.display_name), db::Value(after.display_name), db::Value(after.id)}) {
    args.push_back(value);
  }
  args.emplace_back(limit);
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      session.Query<Id, std::string, std::optional<Id>, std::int64_t, absl::Time, absl::Time>(
          absl::StrCat("SELECT id, document, managing_organization_id, version, create_time, update_time "
                       "FROM provider WHERE ",
                       condition,
                       "display_name >= ? AND (display_name > ? OR id > ?) ORDER BY display_name, id LIMIT ?"),
          args));
  std::vector<StoredProvider> providers;
  for (const ProviderRow& row : rows) {
    TRELLIS_ASSIGN_OR_RETURN(StoredProvider provider, ToProvider(row));
    providers.push_back(std::move(provider));
  }
  return providers;
}

absl::StatusOr<std::optional<StoredLocation>> FindLocation(db::Session& session, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row, session.QueryOne<Id, std::string, std::int64_t, absl::Time, absl::Time>(
                    "SELECT id, document, version, create_time, update_time FROM location WHERE id = ?", id));
  if (!row.has_value()) return std::nullopt;
  return ToLocation(*row);
}

absl::StatusOr<std::vector<StoredLocation>> ListLocations(db::Session& session, const NameCursor& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, session.Query<Id, std::string, std::int64_t, absl::Time, absl::Time>(
                     "SELECT id, document, version, create_time, update_time FROM location "
                     "WHERE display_name >= ? AND (display_name > ? OR id > ?) ORDER BY display_name, id LIMIT ?",
                     after.display_name, after.display_name, after.id, limit));
  std::vector<StoredLocation> locations;
  for (const LocationRow& row : rows) {
    TRELLIS_ASSIGN_OR_RETURN(StoredLocation location, ToLocation(row));
    locations.push_back(std::move(location));
  }
  return locations;
}

absl::StatusOr<bool> SetManagingOrganization(db::Session& session, const Id& provider, const Id& organization,
                                             std::int64_t version, absl::Time now) {
  const std::optional<Id> value = organization.is_nil() ? std::nullopt : std::optional(organization);
  TRELLIS_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      session.Execute("UPDATE provider SET managing_organization_id = ?, version = version + 1, update_time = ? "
                      "WHERE id = ? AND (? = 0 OR version = ?)",
                      value, now, provider, version, version));
  return rows > 0;
}

absl::StatusOr<std::vector<Change>> PutProviders(db::Session& session, const std::vector<Provider>& providers,
                                                 absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const Documents stored,
                           LoadDocuments(session, "SELECT id, document FROM provider", IdsOf(providers)));
  std::vector<Change> changes;
  for (const Provider& provider : providers) {
    const std::string document = ToDocument(provider);
    changes.push_back(Compare(stored, provider.id, document));
    if (changes.back() == Change::kUnchanged) continue;
    TRELLIS_RETURN_IF_ERROR(
        session
            .Execute("INSERT INTO provider (id, display_name, document, version, create_time, update_time) "
                     "VALUES (?, ?, ?, 1, ?, ?) ON DUPLICATE KEY UPDATE display_name = VALUES(display_name), "
                     "document = VALUES(document), version = version + 1, update_time = VALUES(update_time)",
                     provider.id, provider.display_name, document, now, now)
            .status());
  }
  return changes;
}

absl::StatusOr<std::vector<Change>> PutLocations(db::Session& session, const std::vector<Location>& locations,
                                                 absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const Documents stored,
                           LoadDocuments(session, "SELECT id, document FROM location", IdsOf(locations)));
  std::vector<Change> changes;
  for (const Location& location : locations) {
    const std::string document = ToDocument(location);
    changes.push_back(Compare(stored, location.id, document));
    if (changes.back() == Change::kUnchanged) continue;
    const std::optional<Position>& position = location.position;
    const std::optional<std::int64_t> cell = position ? std::optional(CellOf(*position)) : std::nullopt;
    TRELLIS_RETURN_IF_ERROR(
        session
            .Execute("INSERT INTO location (id, display_name, cell_id, latitude, longitude, document, version, "
                     "create_time, update_time) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?) "
                     "ON DUPLICATE KEY UPDATE display_name = VALUES(display_name), cell_id = VALUES(cell_id), "
                     "latitude = VALUES(latitude), longitude = VALUES(longitude), document = VALUES(document), "
                     "version = version + 1, update_time = VALUES(update_time)",
                     location.id, location.display_name, cell,
                     position ? std::optional(position->latitude) : std::nullopt,
                     position ? std::optional(position->longitude) : std::nullopt, document, now, now)
            .status());
    if (changes.back() == Change::kUpdated) {
      TRELLIS_RETURN_IF_ERROR(CarryPosition(session, location.id, cell, position));
    }
  }
  return changes;
}

absl::StatusOr<absl::flat_hash_set<Id>> ExistingProviders(db::Session& session, const std::vector<Id>& ids) {
  return Existing(session, "SELECT id FROM provider", ids);
}
absl::StatusOr<absl::flat_hash_set<Id>> ExistingLocations(db::Session& session, const std::vector<Id>& ids) {
  return Existing(session, "SELECT id FROM location", ids);
}

}  // namespace trellis::directory
