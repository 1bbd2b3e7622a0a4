// Healthcare services with everything that is shown with them.
#ifndef TRELLIS_SERVICES_DIRECTORY_STORAGE_HEALTHCARE_SERVICES_H_
#define TRELLIS_SERVICES_DIRECTORY_STORAGE_HEALTHCARE_SERVICES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/session.h"
#include "services/directory/domain/model.h"
#include "services/directory/storage/capacities.h"
#include "services/directory/storage/entries.h"

namespace trellis::directory {

struct StoredService {
  HealthcareService service;
  Stamp stamp;
  std::string provider_display_name;
  Id managing_organization;  // nil: nobody
  std::vector<StoredLocation> locations;
  std::optional<StoredCapacity> capacity;  // nothing: unknown
};

// In the order of `ids`; ids that do not exist are left out. Two queries, however many ids.
absl::StatusOr<std::vector<StoredService>> LoadServices(db::Session& session, const std::vector<Id>& ids,
                                                        absl::Time now);

// Of every state. provider nil: of all of them.
absl::StatusOr<std::vector<Id>> ListServices(db::Session& session, const Id& provider, const NameCursor& after,
                                             int limit);

// As PutProviders. Writes the rows that are searched, too. The providers and locations that the services name exist.
absl::StatusOr<std::vector<Change>> PutServices(db::Session& session, const std::vector<HealthcareService>& services,
                                                absl::Time now);

// What a package says about the places of a service. Leaves alone what staff have said and what holds or placements
// depend on: such a capacity counts as unchanged.
absl::StatusOr<Change> PutStatedCapacity(db::Session& session, const Id& service, const StatedCapacity& stated,
                                         absl::Time now);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_STORAGE_HEALTHCARE_SERVICES_H_
