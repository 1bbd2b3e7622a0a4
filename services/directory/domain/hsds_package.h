// A package of the Human Services Data Specification (Open Referral HSDS 3.x) as the directory understands it.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_PACKAGE_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_PACKAGE_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/directory/domain/hsds_row.h"
#include "services/directory/domain/json_text.h"
#include "services/directory/domain/mapping.h"
#include "services/directory/domain/model.h"

namespace trellis::directory {

// A healthcare service and what has to be looked up before it can be written: its provider and its locations may stand
// elsewhere in the package, or in the directory already.
struct ParsedService {
  HealthcareService service;  // `locations` is filled in from `location_references`
  std::string path;
  struct Reference {
    Id id;
    std::string path;
    bool broken = false;  // the package has the row, but it was left out (and reported)
  };
  std::vector<Reference> location_references;
  std::optional<StatedCapacity> capacity;
};

// Every row once, however often the package repeats it: the first good one counts.
struct Package {
  std::vector<Provider> providers;
  std::vector<Location> locations;
  std::vector<ParsedService> services;
  Problems problems;
};

struct PackageOptions {
  std::string source;
  // The id for an identifier that is no UUID; the same for the same table and identifier.
  std::function<Id(absl::string_view table, absl::string_view identifier)> derive_id;
  const Mapping* mapping = &Mapping::Default();
  JsonLimits limits;
};

// Accepts one service or organization, an array of either, a page of an HSDS API ({"contents": [...]}), or an object
// that holds an array for each table. Broken rows are left out and reported.
// Errors: those of ParseJson; INVALID_ARGUMENT MALFORMED_PACKAGE where nothing in the text looks like HSDS.
absl::StatusOr<Package> ParsePackage(absl::string_view text, const PackageOptions& options);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_PACKAGE_H_
