// Table emergency_access.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_EMERGENCY_ACCESSES_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_EMERGENCY_ACCESSES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/identity/domain/emergency_rules.h"

namespace trellis::identity::storage {

struct EmergencyAccessRow {
  EmergencyAccess access;
  int reason = 0;
  std::string explanation;  // as it is stored: sealed
  std::optional<Id> reviewer = std::nullopt;
  std::string review_note = "";  // sealed
  std::optional<absl::Time> review_time = std::nullopt;
};

absl::Status InsertEmergencyAccess(db::Session& tx, const Id& organization, const EmergencyAccessRow& row);
absl::StatusOr<std::optional<EmergencyAccessRow>> FindEmergencyAccess(db::Session& session, const Id& organization,
                                                                      const Id& id);
// The same, locked until the end of the transaction.
absl::StatusOr<std::optional<EmergencyAccessRow>> LockEmergencyAccess(db::Session& tx, const Id& organization,
                                                                      const Id& id);
// Writes end time, verdict, reviewer, note and review time.
absl::Status UpdateEmergencyAccess(db::Session& tx, const Id& organization, const EmergencyAccessRow& row);

struct EmergencyAccessFilter {
  std::optional<Id> user = std::nullopt;  // only this user's
  bool unreviewed = false;
};
// Behind `after`, in the order of ids: of time.
absl::StatusOr<std::vector<EmergencyAccessRow>> ListEmergencyAccesses(db::Session& session, const Id& organization,
                                                                      const EmergencyAccessFilter& filter,
                                                                      const Id& after, int limit);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_EMERGENCY_ACCESSES_H_
