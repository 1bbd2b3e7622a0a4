#include "services/directory/domain/hsds_package.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "services/directory/domain/hsds_lines.h"
#include "services/directory/domain/hsds_tables.h"

namespace trellis::directory {
namespace {

using Json = nlohmann::json;

// Reads a package row by row into `package_`.
class Reader {
 public:
  Reader(const PackageOptions& options, Package& package) : options_(options), package_(package) {}

  void ReadTables(Json& root);
  // False where the row is of no known kind.
  bool ReadUnknown(const Json& row, const std::string& path);

 private:
  // What became of a row that has an identity; `id` is nil where it has none.
  struct Row {
    Id id;
    std::string external_id;
    bool first = false;  // not met before
    bool good = false;   // known result of an earlier meeting
  };
  enum class Table { kOrganization, kService, kLocation };

  Row Identify(HsdsRow& row, Table table);
  Id IdFor(Table table, absl::string_view identifier) const;

  std::optional<Id> ReadOrganization(HsdsRow row);
  std::optional<Id> ReadService(HsdsRow row, std::optional<Id> enclosing_provider);
  // Second: whether the row is good.
  std::pair<Id, bool> ReadLocation(HsdsRow row);

  Id ProviderOf(HsdsRow& row, std::optional<Id> enclosing);
  void ReadPlaces(HsdsRow& row, ParsedService& parsed);

  const PackageOptions& options_;
  Package& package_;
  std::map<std::pair<Table, Id>, bool> met_;  // whether the row was good
};

Id Reader::IdFor(Table table, absl::string_view identifier) const {
  const absl::StatusOr<Id> uuid = Id::Parse(identifier);
  if (uuid.ok() && !uuid->is_nil()) return *uuid;
  constexpr const char* kNames[] = {"organization", "service", "location"};
  return options_.derive_id(kNames[static_cast<int>(table)], identifier);
}

Reader::Row Reader::Identify(HsdsRow& row, Table table) {
  Row result;
  const std::string identifier = row.RequiredLine("id");
  if (!row.ok()) return result;
  result.id = IdFor(table, identifier);
  if (!Id::Parse(identifier).ok()) result.external_id = identifier;
  const auto [met, first] = met_.emplace(std::pair(table, result.id), false);
  result.first = first;
  result.good = met->second;
  return result;
}

std::optional<Id> Reader::ReadOrganization(HsdsRow row) {
  const Row identity = Identify(row, Table::kOrganization);
  if (identity.id.is_nil()) return std::nullopt;
  if (identity.first) {
    Provider provider;
    provider.id = identity.id;
    provider.external_id = identity.external_id;
    provider.source = options_.source;
    provider.display_name = row.RequiredLine("name");
    provider.alternate_name = row.Line("alternate_name");
    provider.description = row.Text("description");
    provider.uri = row.Line("website", 2000);
    if (provider.uri.empty()) provider.uri = row.Line("uri", 2000);
    provider.email = row.Line("email", 320);
    provider.phones = ReadPhones(row);
    met_[{Table::kOrganization, identity.id}] = row.ok();
    if (row.ok()) package_.providers.push_back(std::move(provider));
  }
  // Also below a broken organization: it may be in the directory already.
  for (HsdsRow& service : row.Children("services", "service")) ReadService(std::move(service), identity.id);
  for (HsdsRow& location : row.Children("locations", "location")) ReadLocation(std::move(location));
  return identity.id;
}

Id Reader::ProviderOf(HsdsRow& row, std::optional<Id> enclosing) {
  if (std::optional<HsdsRow> organization = row.Child("organization", "organization"); organization.has_value()) {
    return ReadOrganization(*std::move(organization)).value_or(Id());
  }
  if (const std::string reference = row.Line("organization_id"); !reference.empty()) {
    return IdFor(Table::kOrganization, reference);
  }
  return enclosing.value_or(Id());
}

std::optional<Id> Reader::ReadService(HsdsRow row, std::optional<Id> enclosing_provider) {
  const Row identity = Identify(row, Table::kService);
  if (identity.id.is_nil()) return std::nullopt;
  if (!identity.first) return identity.id;
  ParsedService parsed;
  parsed.path = row.path();
  HealthcareService& service = parsed.service;
  service.id = identity.id;
  service.external_id = identity.external_id;
  service.source = options_.source;
  service.provider = ProviderOf(row, enclosing_provider);
  if (service.provider.is_nil()) row.Fail("organization", "MISSING", "a service belongs to an organization");
  ReadServiceLines(row, *options_.mapping, service);
  parsed.capacity = ReadCapacity(row);
  ReadPlaces(row, parsed);
  if (!row.ok()) return identity.id;
  met_[{Table::kService, identity.id}] = true;
  package_.services.push_back(std::move(parsed));
  return identity.id;
}

void Reader::ReadPlaces(HsdsRow& row, ParsedService& parsed) {
  for (HsdsRow& place : row.Children("service_at_locations", "service_at_location")) {
    ParsedService::Reference reference;
    if (std::optional<HsdsRow> location = place.Child("location", "location"); location.has_value()) {
      const auto [id, good] = ReadLocation(*std::move(location));
      reference = {id, place.path(), !good};
    } else if (const std::string id = place.Line("location_id"); !id.empty()) {
      reference = {IdFor(Table::kLocation, id), place.path(), false};
    } else {
      place.Fail("location", "MISSING", "a service_at_location names a location");
    }
    if (place.ok() && !reference.id.is_nil() && parsed.location_references.size() < kMostLines) {
      parsed.location_references.push_back(std::move(reference));
    }
  }
}

std::pair<Id, bool> Reader::ReadLocation(HsdsRow row) {
  const Row identity = Identify(row, Table::kLocation);
  if (identity.id.is_nil() || !identity.first) return {identity.id, identity.good};
  Location location;
  location.id = identity.id;
  location.external_id = identity.external_id;
  location.source = options_.source;
  location.display_name = row.Line("name");
  const std::string type = row.OneOf("location_type", {"physical", "postal", "virtual"});
  if (type == "physical") location.kind = LocationKind::kPhysical;
  if (type == "postal") location.kind = LocationKind::kPostal;
  if (type == "virtual") location.kind = LocationKind::kVirtual;
  const std::optional<double> latitude = row.Number("latitude", -90, 90);
  const std::optional<double> longitude = row.Number("longitude", -180, 180);
  if (latitude.has_value() != longitude.has_value()) {
    row.Fail(latitude.has_value() ? "longitude" : "latitude", "MISSING", "latitude and longitude come together");
  }
  if (latitude.has_value() && longitude.has_value()) location.position = Position{*latitude, *longitude};
  location.transportation = row.Text("transportation");
  location.uri = row.Line("url", 2000);
  location.phones = ReadPhones(row);
  for (HsdsRow& remark : row.Children("accessibility", "accessibility")) {
    std::string text = remark.Text("description");
    if (remark.ok() && !text.empty() && location.accessibility.size() < kMostPhones) {
      location.accessibility.push_back(std::move(text));
    }
  }
  ReadAddress(row, location);
  if (row.ok()) package_.locations.push_back(std::move(location));
  met_[{Table::kLocation, identity.id}] = row.ok();
  return {identity.id, row.ok()};
}

void Reader::ReadTables(Json& root) {
  NestTables(root, package_.problems);
  std::string name;
  for (const char* table : {"organization", "location", "service"}) {
    const Json* rows = TableOf(root, table, &name);
    if (rows == nullptr) continue;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      HsdsRow row((*rows)[i], absl::StrCat("/", name, "/", i), table, package_.problems);
      if (!row.ok()) continue;
      const std::string kind = table;
      if (kind == "organization") ReadOrganization(std::move(row));
      if (kind == "location") ReadLocation(std::move(row));
      if (kind == "service") ReadService(std::move(row), std::nullopt);
    }
  }
}

bool Reader::ReadUnknown(const Json& json, const std::string& path) {
  if (!json.is_object()) return false;
  const auto has = [&json](std::initializer_list<const char*> keys) {
    return std::any_of(keys.begin(), keys.end(), [&json](const char* key) { return json.contains(key); });
  };
  if (has({"status", "organization", "organization_id", "service_at_locations", "minimum_age"})) {
    ReadService(HsdsRow(json, path, "service", package_.problems), std::nullopt);
  } else if (has({"latitude", "location_type", "addresses"})) {
    ReadLocation(HsdsRow(json, path, "location", package_.problems));
  } else if (has({"name", "services", "website", "organization_identifiers", "legal_status"})) {
    ReadOrganization(HsdsRow(json, path, "organization", package_.problems));
  } else {
    return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Package> ParsePackage(absl::string_view text, const PackageOptions& options) {
  TRELLIS_ASSIGN_OR_RETURN(Json root, ParseJson(text, options.limits));
  Package package;
  Reader reader(options, package);
  const bool page = root.is_object() && root.contains("contents") && root["contents"].is_array();
  if (page || root.is_array()) {
    const Json& rows = page ? root["contents"] : root;
    const char* prefix = page ? "/contents/" : "/";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string path = absl::StrCat(prefix, i);
      if (reader.ReadUnknown(rows[i], path)) continue;
      package.problems.Add({path, "", "WRONG_TYPE", "is neither a service nor an organization"}, "");
    }
    return package;
  }
  if (IsTableForm(root)) {
    reader.ReadTables(root);
    return package;
  }
  if (reader.ReadUnknown(root, "")) return package;
  return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_PACKAGE",
               "holds neither a service nor an organization nor tables of HSDS");
}

}  // namespace trellis::directory
