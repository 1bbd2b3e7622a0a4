// Rows of safety_alert.
#ifndef TRELLIS_SERVICES_CASELOAD_STORAGE_SAFETY_ALERTS_H_
#define TRELLIS_SERVICES_CASELOAD_STORAGE_SAFETY_ALERTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/db/session.h"
#include "services/caseload/domain/states.h"
#include "services/caseload/storage/visible.h"

namespace trellis::caseload {

struct SafetyAlertRecord {
  Id id;
  Id person;
  Id assessment;
  std::string instrument, rule, item;
  AlertLevel level = AlertLevel::kHigh;
  AlertState state = AlertState::kOpen;
  absl::Time open_time;
  std::optional<absl::Time> acknowledge_time;
  std::optional<Id> acknowledged_by;
  int action = 0;           // SafetyAlert.Action
  std::string action_note;  // sealed
  std::int64_t version = 1;
  LabelSet labels;  // of the assessment
};

// False where the assessment opened an alert by this rule before. Expects the person's lock.
absl::StatusOr<bool> InsertAlertOnce(db::Session& tx, const Id& organization, const SafetyAlertRecord& alert);
absl::StatusOr<std::optional<SafetyAlertRecord>> FindAlert(db::Session& session, const Id& organization, const Id& id);
absl::Status SaveAcknowledgement(db::Session& tx, const Id& organization, const SafetyAlertRecord& alert);
// Of one person, oldest first, at most `limit`.
absl::StatusOr<std::vector<SafetyAlertRecord>> OpenAlertsOf(db::Session& session, const Id& organization,
                                                            const Id& person, int limit);
absl::StatusOr<int> CountOpenAlerts(db::Session& session, const Id& organization, const Id& person);

struct AlertPosition {
  absl::Time open_time;
  Id id;
};
struct AlertScan {
  std::vector<SafetyAlertRecord> alerts;  // oldest first
  std::optional<AlertPosition> next;      // where to go on; nothing: the end is reached
};
// Like ScanCases. `visible` is about a.person_id.
absl::StatusOr<AlertScan> ScanAlerts(db::Session& session, const Id& organization, AlertState state,
                                     const std::optional<Id>& person, const Visible& visible,
                                     const std::optional<AlertPosition>& after, int limit);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_STORAGE_SAFETY_ALERTS_H_
