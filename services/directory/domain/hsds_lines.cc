#include "services/directory/domain/hsds_lines.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "services/directory/domain/capacity.h"

namespace trellis::directory {
namespace {

constexpr int kOldest = 150;

void ReadWords(HsdsRow& row, HealthcareService& service) {
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

void ReadAges(HsdsRow& row, HealthcareService& service) {
  service.minimum_age = row.Whole("minimum_age", 0, kOldest);
  service.maximum_age = row.Whole("maximum_age", 0, kOldest);
  if (service.minimum_age.has_value() && service.maximum_age.has_value() &&
      *service.minimum_age > *service.maximum_age) {
    row.Fail("minimum_age", "INCONSISTENT", "is greater than maximum_age");
  }
}

void ReadAttributes(HsdsRow& row, const Mapping& mapping, HealthcareService& service) {
  std::set<std::string> kinds;
  for (HsdsRow& attribute : row.Children("attributes", "attribute")) {
    std::optional<HsdsRow> term = attribute.Child("taxonomy_term", "taxonomy_term");
    if (!term.has_value()) continue;
    const std::string taxonomy = term->Line("taxonomy");
    const std::string code = term->Line("code", 64);
    const std::string name = term->Line("name");
    if (!term->ok()) continue;
    Mapping::Meaning meaning = mapping.OfTerm(taxonomy, code, name);
    kinds.insert(meaning.kinds.begin(), meaning.kinds.end());
    if (meaning.need.has_value() && service.needs.size() < kMostLines)
      service.needs.push_back(*std::move(meaning.need));
  }
  if (kinds.empty()) {
    for (const std::string* text : {&service.display_name, &service.alternate_name}) {
      const std::vector<std::string> found = mapping.KindsInText(*text);
      kinds.insert(found.begin(), found.end());
    }
  }
  if (kinds.empty()) kinds.insert("other");
  service.kinds.assign(kinds.begin(), kinds.end());
}

void ReadLanguages(HsdsRow& row, const Mapping& mapping, HealthcareService& service) {
  for (HsdsRow& language : row.Children("languages", "language")) {
    const std::string code = language.Line("code", 35);
    const std::string name = language.Line("name");
    if (!language.ok()) continue;
    std::optional<std::string> tag = mapping.Language(code, name);
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

void ReadSchedules(HsdsRow& row, HealthcareService& service) {
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

void ReadCostOptions(HsdsRow& row, HealthcareService& service) {
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

}  // namespace

void ReadServiceLines(HsdsRow& row, const Mapping& mapping, HealthcareService& service) {
  ReadWords(row, service);
  ReadAges(row, service);
  ReadAttributes(row, mapping, service);
  ReadLanguages(row, mapping, service);
  ReadSchedules(row, service);
  ReadCostOptions(row, service);
}

std::optional<StatedCapacity> ReadCapacity(HsdsRow& row) {
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

std::vector<std::string> ReadPhones(HsdsRow& row) {
  std::vector<std::string> phones;
  for (HsdsRow& phone : row.Children("phones", "phone")) {
    std::string number = phone.RequiredLine("number", 64);
    std::erase(number, '"');
    if (phone.ok() && phones.size() < kMostPhones) phones.push_back(std::move(number));
  }
  return phones;
}

void ReadAddress(HsdsRow& row, Location& location) {
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

}  // namespace trellis::directory
