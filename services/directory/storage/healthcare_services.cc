#include "services/directory/storage/healthcare_services.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/directory/domain/document.h"
#include "services/directory/domain/mapping.h"
#include "services/directory/storage/in_list.h"

namespace trellis::directory {
namespace {

constexpr int kMostLocations = 100;  // of one service
constexpr int kNoOldestAge = 255;

// Columns of the service, its provider and its capacity, with the count of holds whose time has come.
absl::StatusOr<absl::flat_hash_map<Id, StoredService>> LoadRows(db::Session& session, const std::vector<Id>& list,
                                                                absl::Time now) {
  const std::string sql = absl::StrCat(
      "SELECT s.id, s.document, s.version, s.create_time, s.update_time, p.display_name, p.managing_organization_id, "
      "c.unit, c.description, c.maximum, c.elsewhere, c.held, c.placed, c.stated_by, c.version, c.update_time, "
      "(SELECT COUNT(*) FROM capacity_hold h WHERE h.healthcare_service_id = s.id AND h.state = 1 "
      "AND h.expire_time <= ?) "
      "FROM healthcare_service s JOIN provider p ON p.id = s.provider_id "
      "LEFT JOIN capacity c ON c.healthcare_service_id = s.id WHERE s.id IN (",
      db::Placeholders(list.size()), ") LIMIT ?");
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      session.Query<Id, std::string, std::int64_t, absl::Time, absl::Time, std::string, std::optional<Id>,
                    std::optional<std::string>, std::optional<std::string>, std::optional<int>, std::optional<int>,
                    std::optional<int>, std::optional<int>, std::optional<int>, std::optional<std::int64_t>,
                    std::optional<absl::Time>, int>(sql, now, list, list.size()));
  absl::flat_hash_map<Id, StoredService> services;
  for (auto& [id, document, version, created, updated, provider, organization, unit, description, maximum, elsewhere,
              held, placed, stated_by, capacity_version, capacity_updated, lapsed] : rows) {
    StoredService stored;
    TRELLIS_ASSIGN_OR_RETURN(stored.service, ServiceFromDocument(id, document));
    stored.stamp = {version, created, updated};
    stored.provider_display_name = std::move(provider);
    stored.managing_organization = organization.value_or(Id());
    if (unit.has_value()) {
      stored.capacity = StoredCapacity{*std::move(unit),
                                       description.value_or(""),
                                       {*maximum, *elsewhere, *held - lapsed, *placed},
                                       static_cast<StatedBy>(*stated_by),
                                       *capacity_version,
                                       *capacity_updated};
    }
    services.emplace(id, std::move(stored));
  }
  return services;
}

absl::Status LoadLocations(db::Session& session, const std::vector<Id>& list,
                           absl::flat_hash_map<Id, StoredService>& services) {
  const std::string sql = absl::StrCat(
      "SELECT p.healthcare_service_id, l.id, l.document, l.version, l.create_time, l.update_time "
      "FROM healthcare_service_location p JOIN location l ON l.id = p.location_id WHERE p.healthcare_service_id IN (",
      db::Placeholders(list.size()), ") LIMIT ?");
  TRELLIS_ASSIGN_OR_RETURN(auto rows, session.Query<Id, Id, std::string, std::int64_t, absl::Time, absl::Time>(
                                          sql, list, static_cast<int>(list.size()) * kMostLocations));
  for (auto& [service, id, document, version, created, updated] : rows) {
    TRELLIS_ASSIGN_OR_RETURN(Location location, LocationFromDocument(id, document));
    services[service].locations.push_back({std::move(location), {version, created, updated}});
  }
  return absl::OkStatus();
}

// In the order in which the package names them.
void SortLocations(StoredService& stored) {
  const std::vector<Id>& order = stored.service.locations;
  std::sort(stored.locations.begin(), stored.locations.end(),
            [&order](const StoredLocation& a, const StoredLocation& b) {
              return std::find(order.begin(), order.end(), a.location.id) <
                     std::find(order.begin(), order.end(), b.location.id);
            });
}

absl::Status WriteRow(db::Session& session, const HealthcareService& service, const std::string& document,
                      absl::Time now) {
  return session
      .Execute(
          "INSERT INTO healthcare_service (id, provider_id, display_name, state, age_from, age_to, positioned, "
          "document, "
          "version, create_time, update_time) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 1, ?, ?) "
          "ON DUPLICATE KEY UPDATE provider_id = VALUES(provider_id), display_name = VALUES(display_name), "
          "state = VALUES(state), age_from = VALUES(age_from), age_to = VALUES(age_to), document = VALUES(document), "
          "version = version + 1, update_time = VALUES(update_time)",
          service.id, service.provider, service.display_name, static_cast<int>(service.state),
          service.minimum_age.value_or(0), service.maximum_age.value_or(kNoOldestAge), document, now, now)
      .status();
}

// One INSERT for all rows of a table that belong to a service: "(?,?),(?,?)".
absl::Status InsertRows(db::Session& session, absl::string_view insert, std::size_t columns,
                        const std::vector<db::Value>& values) {
  if (values.empty()) return absl::OkStatus();
  const std::string row = absl::StrCat("(", db::Placeholders(columns), ")");
  std::string sql = absl::StrCat(insert, " VALUES ", row);
  for (std::size_t i = columns; i < values.size(); i += columns) absl::StrAppend(&sql, ",", row);
  return session.Execute(sql, values).status();
}

absl::Status ClearSearchRows(db::Session& session, const Id& service) {
  for (const char* sql : {"DELETE FROM healthcare_service_kind WHERE healthcare_service_id = ?",
                          "DELETE FROM healthcare_service_language WHERE healthcare_service_id = ?",
                          "DELETE FROM healthcare_service_need WHERE healthcare_service_id = ?",
                          "DELETE FROM healthcare_service_location WHERE healthcare_service_id = ?"}) {
    TRELLIS_RETURN_IF_ERROR(session.Execute(sql, service).status());
  }
  return absl::OkStatus();
}

absl::Status WriteSearchRows(db::Session& session, const HealthcareService& service) {
  std::vector<db::Value> kinds;
  for (const std::string& kind : std::set<std::string>(service.kinds.begin(), service.kinds.end())) {
    kinds.insert(kinds.end(), {db::Value(service.id), db::Value(kind)});
  }
  TRELLIS_RETURN_IF_ERROR(
      InsertRows(session, "INSERT INTO healthcare_service_kind (healthcare_service_id, kind)", 2, kinds));

  std::set<std::string> primary;
  for (const std::string& tag : service.languages) primary.insert(PrimaryLanguage(tag));
  std::vector<db::Value> languages;
  for (const std::string& language : primary) {
    languages.insert(languages.end(), {db::Value(service.id), db::Value(language)});
  }
  TRELLIS_RETURN_IF_ERROR(
      InsertRows(session, "INSERT INTO healthcare_service_language (healthcare_service_id, language)", 2, languages));

  std::set<std::pair<std::string, std::string>> codes;
  for (const Coding& need : service.needs) codes.emplace(need.code, need.system);
  std::vector<db::Value> needs;
  for (const auto& [code, system] : codes) {
    needs.insert(needs.end(), {db::Value(service.id), db::Value(code), db::Value(system)});
  }
  return InsertRows(session, "INSERT INTO healthcare_service_need (healthcare_service_id, code, code_system)", 3,
                    needs);
}

absl::Status WritePlaces(db::Session& session, const HealthcareService& service) {
  if (!service.locations.empty()) {
    const std::vector<Id> list = Padded(service.locations);
    TRELLIS_RETURN_IF_ERROR(
        session
            .Execute(
                absl::StrCat("INSERT INTO healthcare_service_location (healthcare_service_id, location_id, cell_id, "
                             "latitude, longitude) SELECT ?, l.id, l.cell_id, l.latitude, l.longitude "
                             "FROM location l WHERE l.id IN (",
                             db::Placeholders(list.size()), ")"),
                service.id, list)
            .status());
  }
  return session
      .Execute(
          "UPDATE healthcare_service SET positioned = EXISTS (SELECT 1 FROM healthcare_service_location p "
          "WHERE p.healthcare_service_id = ? AND p.cell_id IS NOT NULL) WHERE id = ?",
          service.id, service.id)
      .status();
}

}  // namespace

absl::StatusOr<std::vector<StoredService>> LoadServices(db::Session& session, const std::vector<Id>& ids,
                                                        absl::Time now) {
  std::vector<StoredService> services;
  if (ids.empty()) return services;
  const std::vector<Id> list = Padded(ids);
  TRELLIS_ASSIGN_OR_RETURN(auto found, LoadRows(session, list, now));
  TRELLIS_RETURN_IF_ERROR(LoadLocations(session, list, found));
  for (const Id& id : ids) {
    const auto stored = found.find(id);
    if (stored == found.end()) continue;
    SortLocations(stored->second);
    services.push_back(std::move(stored->second));
    found.erase(stored);
  }
  return services;
}

absl::StatusOr<std::vector<Id>> ListServices(db::Session& session, const Id& provider, const NameCursor& after,
                                             int limit) {
  const std::string condition = provider.is_nil() ? "" : "provider_id = ? AND ";
  std::vector<db::Value> args;
  if (!provider.is_nil()) args.emplace_back(provider);
  args.insert(args.end(),
              {db::Value(after.display_name), db::Value(after.display_name), db::Value(after.id), db::Value(limit)});
  TRELLIS_ASSIGN_OR_RETURN(auto rows,
                           session.Query<Id>(absl::StrCat("SELECT id FROM healthcare_service WHERE ", condition,
                                                          "display_name >= ? AND (display_name > ? OR id > ?) "
                                                          "ORDER BY display_name, id LIMIT ?"),
                                             args));
  std::vector<Id> ids;
  for (const auto& [id] : rows) ids.push_back(id);
  return ids;
}

absl::StatusOr<std::vector<Change>> PutServices(db::Session& session, const std::vector<HealthcareService>& services,
                                                absl::Time now) {
  std::vector<Change> changes;
  if (services.empty()) return changes;
  std::vector<Id> ids;
  for (const HealthcareService& service : services) ids.push_back(service.id);
  const std::vector<Id> list = Padded(ids);
  TRELLIS_ASSIGN_OR_RETURN(auto rows, session.Query<Id, std::string>(
                                          absl::StrCat("SELECT id, document FROM healthcare_service WHERE id IN (",
                                                       db::Placeholders(list.size()), ") LIMIT ?"),
                                          list, list.size()));
  absl::flat_hash_map<Id, std::string> stored;
  for (auto& [id, document] : rows) stored.emplace(id, std::move(document));
  for (const HealthcareService& service : services) {
    const std::string document = ToDocument(service);
    const auto old = stored.find(service.id);
    const bool known = old != stored.end();
    if (known && old->second == document) {
      changes.push_back(Change::kUnchanged);
      continue;
    }
    TRELLIS_RETURN_IF_ERROR(WriteRow(session, service, document, now));
    if (known) TRELLIS_RETURN_IF_ERROR(ClearSearchRows(session, service.id));
    TRELLIS_RETURN_IF_ERROR(WriteSearchRows(session, service));
    TRELLIS_RETURN_IF_ERROR(WritePlaces(session, service));
    changes.push_back(known ? Change::kUpdated : Change::kCreated);
  }
  return changes;
}

absl::StatusOr<Change> PutStatedCapacity(db::Session& session, const Id& service, const StatedCapacity& stated,
                                         absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredCapacity> old, LockCapacity(session, service));
  StoredCapacity capacity;
  capacity.unit = stated.unit;
  capacity.description = stated.description;
  capacity.places = {stated.maximum, stated.maximum - stated.available, 0, 0};
  capacity.stated_by = StatedBy::kPackage;
  if (!old.has_value()) {
    TRELLIS_RETURN_IF_ERROR(InsertCapacity(session, service, capacity, now));
    return Change::kCreated;
  }
  const bool live = old->stated_by == StatedBy::kStaff || old->places.held > 0 || old->places.placed > 0;
  const bool same =
      old->unit == capacity.unit && old->description == capacity.description && old->places == capacity.places;
  if (live || same) return Change::kUnchanged;
  TRELLIS_RETURN_IF_ERROR(UpdateFigures(session, service, capacity, now));
  return Change::kUpdated;
}

}  // namespace trellis::directory
