// The rows of places. Whoever changes a hold or the places of a service locks the service's capacity row first, so that
// everything about one service happens one after the other.
#ifndef TRELLIS_SERVICES_DIRECTORY_STORAGE_CAPACITIES_H_
#define TRELLIS_SERVICES_DIRECTORY_STORAGE_CAPACITIES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/session.h"
#include "services/directory/domain/capacity.h"
#include "services/directory/domain/model.h"

namespace trellis::directory {

// The numbers are stored; never change one.
enum class StatedBy { kPackage = 1, kStaff = 2 };

struct StoredCapacity {
  std::string unit;
  std::string description;
  Places places;  // holds whose time has come are not counted as held
  StatedBy stated_by = StatedBy::kStaff;
  std::int64_t version = 0;
  absl::Time update_time;
};

// What a change of capacity has to know about its service.
struct ServiceFacts {
  ServiceState state = ServiceState::kActive;
  Id managing_organization;  // nil: nobody
};
absl::StatusOr<std::optional<ServiceFacts>> FindServiceFacts(db::Session& session, const Id& service);

absl::StatusOr<std::optional<StoredCapacity>> FindCapacity(db::Session& session, const Id& service, absl::Time now);
// Locks the row. Holds whose time has come still count as held: release them first (holds.h).
absl::StatusOr<std::optional<StoredCapacity>> LockCapacity(db::Session& session, const Id& service);

// Error: ALREADY_EXISTS where somebody else has made the row meanwhile.
absl::Status InsertCapacity(db::Session& session, const Id& service, const StoredCapacity& capacity, absl::Time now);
// Writes the provider's own figures into a locked row; held and placed stay.
absl::Status UpdateFigures(db::Session& session, const Id& service, const StoredCapacity& capacity, absl::Time now);

// Takes one free place for a hold. False: there is none.
absl::StatusOr<bool> TakePlace(db::Session& session, const Id& service);
// Adds to the counts of a locked row. The row's CHECKs refuse what cannot be.
absl::Status MovePlaces(db::Session& session, const Id& service, int held, int placed);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_STORAGE_CAPACITIES_H_
