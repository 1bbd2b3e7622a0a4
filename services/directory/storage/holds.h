// The rows of kept and taken places.
#ifndef TRELLIS_SERVICES_DIRECTORY_STORAGE_HOLDS_H_
#define TRELLIS_SERVICES_DIRECTORY_STORAGE_HOLDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/directory/domain/capacity.h"

namespace trellis::directory {

struct StoredHold {
  Id id;
  Id service;
  Id organization;  // that holds
  Id user;          // who placed it
  Id request;       // one request places at most one hold, ever
  std::string reference;
  HoldState state = HoldState::kActive;  // as stored: see StateAt
  absl::Time expire_time;
  std::int64_t version = 0;
  absl::Time create_time;
  absl::Time update_time;
  Id managing_organization;  // of the service's provider; nil: nobody. Read only.
};

absl::StatusOr<std::optional<StoredHold>> FindHold(db::Session& session, const Id& id);
// Locks the row; the capacity row of its service is locked already.
absl::StatusOr<std::optional<StoredHold>> LockHold(db::Session& session, const Id& id);

absl::Status InsertHold(db::Session& session, const StoredHold& hold);
// Of a locked row.
absl::Status SetHoldState(db::Session& session, const Id& id, HoldState state, absl::Time now);

// Active holds of a service whose time has come, oldest first, locked; the service's capacity row is locked already.
absl::StatusOr<std::vector<StoredHold>> LockOverdueHolds(db::Session& session, const Id& service, absl::Time now,
                                                         int limit);
// Services that have such holds.
absl::StatusOr<std::vector<Id>> ServicesWithOverdueHolds(db::Session& session, absl::Time now, int limit);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_STORAGE_HOLDS_H_
