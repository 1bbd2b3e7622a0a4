// The directory's own picture of what HSDS describes: plain values, as an import reads them and as they are kept.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_MODEL_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_MODEL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/base/id.h"

namespace trellis::directory {

// Degrees, WGS 84.
struct Position {
  double latitude = 0;   // -90 to 90
  double longitude = 0;  // -180 to 180
  friend bool operator==(const Position&, const Position&) = default;
};

struct Address {
  std::vector<std::string> lines;  // at most four
  std::string city;
  std::string region;
  std::string postal_code;
  std::string country;  // ISO 3166-1 alpha-2
};

// A body that offers care (HSDS organization).
struct Provider {
  Id id;
  std::string external_id;  // the package's id where it is no UUID
  std::string source;       // label of the package
  std::string display_name;
  std::string alternate_name;
  std::string description;
  std::string uri;
  std::string email;
  std::vector<std::string> phones;
};

// The numbers are stored; never change one.
enum class LocationKind { kUnspecified = 0, kPhysical = 1, kPostal = 2, kVirtual = 3 };

// A place (HSDS location).
struct Location {
  Id id;
  std::string external_id;
  std::string source;
  std::string display_name;
  LocationKind kind = LocationKind::kUnspecified;
  std::optional<Position> position;
  std::optional<Address> address;
  std::string transportation;
  std::vector<std::string> accessibility;
  std::vector<std::string> phones;
  std::string uri;
};

struct CostOption {
  std::string option;
  std::string currency;  // ISO 4217, upper case
  std::optional<double> amount;
  std::string amount_description;
  std::optional<absl::CivilDay> valid_from;
  std::optional<absl::CivilDay> valid_to;
};

struct Schedule {
  std::string frequency;  // WEEKLY, MONTHLY or empty
  std::string by_day;     // RFC 5545: "MO,TU"
  int interval = 0;
  std::string opens_at;  // HH:MM, local time
  std::string closes_at;
  std::optional<absl::CivilDay> valid_from;
  std::optional<absl::CivilDay> valid_to;
  std::string description;
};

struct Coding {
  std::string system;
  std::string code;
  std::string display;
};

// What a package says about places (HSDS 3.1 service_capacity and unit).
struct StatedCapacity {
  std::string unit;
  std::string description;
  int maximum = 0;
  int available = 0;  // at most maximum
};

// The numbers are stored; never change one.
enum class ServiceState { kActive = 1, kInactive = 2, kDefunct = 3, kTemporarilyClosed = 4 };

// What is offered (HSDS service).
struct HealthcareService {
  Id id;
  Id provider;
  std::string external_id;
  std::string source;
  std::string display_name;
  std::string alternate_name;
  std::string description;
  ServiceState state = ServiceState::kActive;
  std::vector<std::string> kinds;  // sorted, never empty
  std::vector<Coding> needs;
  std::optional<int> minimum_age;  // completed years
  std::optional<int> maximum_age;
  std::vector<std::string> languages;  // BCP 47
  std::string interpretation_services;
  std::string eligibility_description;
  std::string application_process;
  std::string fees_description;
  std::vector<CostOption> cost_options;
  std::vector<Schedule> schedules;
  std::string wait_time;
  std::string alert;
  std::string uri;
  std::string email;
  std::vector<std::string> phones;
  std::vector<Id> locations;
  std::optional<absl::CivilDay> assured_date;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_MODEL_H_
