#include "services/directory/domain/hsds_package.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "services/directory/domain/capacity.h"
#include "services/directory/domain/hsds_tables.h"

namespace trellis::directory {
namespace {

using Json = nlohmann::json;

constexpr int kOldest = 150;
constexpr std::size_t kMostPhones = 20;
constexpr std::size_t kMostLines = 100;

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

  Row Identify(HsdsRow& row, Table table, const char* table_name);
  Id IdFor(Table table, absl::string_view identifier) const;

  std::optional<Id> ReadOrganization(HsdsRow row);
  std::optional<Id> ReadService(HsdsRow row, std::optional<Id> enclosing_provider);
  // Second: whether the row is good.
  std::pair<Id, bool> ReadLocation(HsdsRow row);

  Id ProviderOf(HsdsRow& row, std::optional<Id> enclosing);
  void ReadWords(HsdsRow& row, HealthcareService& service);
  void ReadAges(HsdsRow& row, HealthcareService& service);
  void ReadAttributes(HsdsRow& row, HealthcareService& service);
  void ReadLanguages(HsdsRow& row, HealthcareService& service);
  void ReadSchedules(HsdsRow& row, HealthcareService& service);
  void ReadCostOptions(HsdsRow& row, HealthcareService& service);
  std::optional<StatedCapacity> ReadCapacity(HsdsRow& row);
  void ReadPlaces(HsdsRow& row, ParsedService& parsed);
  void ReadAddress(HsdsRow& row, Location& location);
  std::vector<std::string> ReadPhones(HsdsRow& row);

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

Reader::Row Reader::Identify(HsdsRow& row, Table table, const char* /*table_name*/) {
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

std::vector<std::string> Reader::ReadPhones(HsdsRow& row) {
  std::vector<std::string> phones;
  for (HsdsRow& phone : row.Children("phones", "phone")) {
    std::string number = phone.RequiredLine("number", 64);
    std::erase(number, '"');
    if (phone.ok() && phones.size() < kMostPhones) phones.push_back(std::move(number));
  }
  return phones;
}

std::optional<Id> Reader::ReadOrganization(HsdsRow row) {
  const Row identity = Identify(row, Table::kOrganization, "organization");
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
  const Row identity = Identify(row, Table::kService, "service");
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
  ReadWords(row, service);
  ReadAges(row, service);
  ReadAttributes(row, service);
  ReadLanguages(row, service);
  ReadSchedules(row, service);
  ReadCostOptions(row, service);
  parsed.capacity = ReadCapacity(row);
  ReadPlaces(row, parsed);
  if (!row.ok()) return identity.id;
  met_[{Table::kService, identity.id}] = true;
  package_.services.push_back(std::move(parsed));
  return identity.id;
}

void Reader::ReadWords(HsdsRow& row, HealthcareService& service) {
  service.display_name = row.RequiredLine("name");
  service.alternate_name = row.Line("alternate_name");
  service.description = row.Text("description");
  const std::string status = row.OneOf("status", {"active", "inactive", "defunct", "temporarily closed"});
  if (status == "inactive") service.state = ServiceState::kInactive;
  if (status == "defunct") service.state = ServiceState::kDefunct;
  if (status == "temporarily closed") service.state = ServiceState::kTemporarilyClosed;
  service.interpretation_services = row.Text("interpretation_services");
  service.eligibility_description = row.Text("eligibility_description");
  service.application_process = row.Text("application_process");
  service.fees_description = row.Text("fees_description");
  service.wait_time = row.Text("wait_time");
  service.alert = row.Text("alert");
  service.uri = row.Line("url", 2000);
  service.email = row.Line("email", 320);
  service.phones = ReadPhones(row);
  service.assured_date = row.Day("assured_date");
}

void Reader::ReadAges(HsdsRow& row, HealthcareService& service) {
  service.minimum_age = row.Whole("minimum_age", 0, kOldest);
  service.maximum_age = row.Whole("maximum_age", 0, kOldest);
  if (service.minimum_age.has_value() && service.maximum_age.has_value() &&
      *service.minimum_age > *service.maximum_age) {
    row.Fail("minimum_age", "INCONSISTENT", "is greater than maximum_age");
  }
}

void Reader::ReadAttributes(HsdsRow& row, HealthcareService& service) {
  std::set<std::string> kinds;
  for (HsdsRow& attribute : row.Children("attributes", "attribute")) {
    std::optional<HsdsRow> term = attribute.Child("taxonomy_term", "taxonomy_term");
    if (!term.has_value()) continue;
    const std::string taxonomy = term->Line("taxonomy");
    const std::string code = term->Line("code", 64);
    const std::string name = term->Line("name");
    if (!term->ok()) continue;
    Mapping::Meaning meaning = options_.mapping->OfTerm(taxonomy, code, name);
    kinds.insert(meaning.kinds.begin(), meaning.kinds.end());
    if (meaning.need.has_value() && service.needs.size() < kMostLines) service.needs.push_back(*std::move(meaning.need));
  }
  if (kinds.empty()) {
    for (const std::string* text : {&service.display_name, &service.alternate_name}) {
      const std::vector<std::string> found = options_.mapping->KindsInText(*text);
      kinds.insert(found.begin(), found.end());
    }
  }
  if (kinds.empty()) kinds.insert("other");
  service.kinds.assign(kinds.begin(), kinds.end());
}

void Reader::ReadLanguages(HsdsRow& row, HealthcareService& service) {
  for (HsdsRow& language : row.Children("languages", "language")) {
    const std::string code = language.Line("code", 35);
    const std::string name = language.Line("name");
    if (!language.ok()) continue;
    std::optional<std::string> tag = options_.mapping->Language(code, name);
    if (!tag.has_value()) {
      language.Fail("code", code.empty() ? "MISSING" : "UNKNOWN_VALUE", "is no language tag (BCP 47)");
      continue;
    }
    std::vector<std::string>& known = service.languages;
    if (known.size() < kMostLines && std::find(known.begin(), known.end(), *tag) == known.end()) {
      known.push_back(*std::move(tag));
    }
  }
}

void Reader::ReadSchedules(HsdsRow& row, HealthcareService& service) {
  for (HsdsRow& line : row.Children("schedules", "schedule")) {
    Schedule schedule;
    schedule.frequency = absl::AsciiStrToUpper(line.OneOf("freq", {"weekly", "monthly"}));
    schedule.by_day = line.Line("byday");
    schedule.interval = line.Whole("interval", 0, 1000).value_or(0);
    schedule.opens_at = line.TimeOfDay("opens_at");
    schedule.closes_at = line.TimeOfDay("closes_at");
    schedule.valid_from = line.Day("valid_from");
    schedule.valid_to = line.Day("valid_to");
    schedule.description = line.Text("description");
    if (schedule.valid_from.has_value() && schedule.valid_to.has_value() && *schedule.valid_from > *schedule.valid_to) {
      line.Fail("valid_from", "INCONSISTENT", "is later than valid_to");
    }
    if (line.ok() && service.schedules.size() < kMostLines) service.schedules.push_back(std::move(schedule));
  }
}

void Reader::ReadCostOptions(HsdsRow& row, HealthcareService& service) {
  for (HsdsRow& line : row.Children("cost_options", "cost_option")) {
    CostOption cost;
    cost.option = line.Text("option", 1000);
    cost.currency = absl::AsciiStrToUpper(line.Line("currency", 3));
    cost.amount = line.Number("amount", 0, 1e9);
    cost.amount_description = line.Text("amount_description", 1000);
    cost.valid_from = line.Day("valid_from");
    cost.valid_to = line.Day("valid_to");
    if (line.ok() && service.cost_options.size() < kMostLines) service.cost_options.push_back(std::move(cost));
  }
}

std::optional<StatedCapacity> Reader::ReadCapacity(HsdsRow& row) {
  std::optional<StatedCapacity> result;
  for (const char* list : {"capacities", "service_capacities"}) {
    for (HsdsRow& line : row.Children(list, "service_capacity")) {
      StatedCapacity capacity;
      const std::optional<int> available = line.Whole("available", 0, kMostPlaces);
      if (!available.has_value()) line.Fail("available", "MISSING", "is required");
      const std::optional<int> maximum = line.Whole("maximum", 0, kMostPlaces);
      capacity.available = available.value_or(0);
      capacity.maximum = maximum.value_or(capacity.available);
      if (capacity.available > capacity.maximum) line.Fail("available", "INCONSISTENT", "is greater than maximum");
      capacity.description = line.Text("description", 1000);
      if (std::optional<HsdsRow> unit = line.Child("unit", "unit"); unit.has_value()) {
        capacity.unit = absl::AsciiStrToLower(unit->RequiredLine("name", 64));
        if (!unit->ok()) continue;
      }
      if (capacity.unit.empty()) capacity.unit = "place";
      if (!line.ok()) continue;
      if (result.has_value()) {
        line.Fail("unit", "INCONSISTENT", "a healthcare service has places of one unit; the first one counts");
        continue;
      }
      result = std::move(capacity);
    }
  }
  return result;
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
  const Row identity = Identify(row, Table::kLocation, "location");
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

// The first good address: of several, HSDS says the physical one comes first.
void Reader::ReadAddress(HsdsRow& row, Location& location) {
  for (HsdsRow& line : row.Children("addresses", "address")) {
    Address address;
    for (const char* key : {"address_1", "address_2"}) {
      std::string text = line.Line(key);
      if (!text.empty()) address.lines.push_back(std::move(text));
    }
    address.city = line.Line("city", 128);
    address.region = line.Line("state_province", 128);
    if (address.region.empty()) address.region = line.Line("region", 128);
    address.postal_code = line.Line("postal_code", 16);
    address.country = absl::AsciiStrToUpper(line.Line("country", 2));
    if (line.ok() && !location.address.has_value()) location.address = std::move(address);
  }
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
