// Rows of service_need: the lines of care plans.
#ifndef TRELLIS_SERVICES_CASELOAD_STORAGE_SERVICE_NEEDS_H_
#define TRELLIS_SERVICES_CASELOAD_STORAGE_SERVICE_NEEDS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/db/session.h"
#include "services/caseload/domain/care_plan.h"
#include "services/caseload/domain/states.h"

namespace trellis::caseload {

struct ServiceNeedRecord {
  Id id;
  Id case_id;
  Id person;
  std::string system, code, display;
  std::string note;  // sealed
  NeedState state = NeedState::kUnmet;
  bool settled = false;  // by the coordinator: referrals no longer move it
  absl::Time state_time;
  std::optional<Id> referral;
  std::int64_t version = 1;
  LabelSet labels;
  absl::Time create_time;
  absl::Time update_time;
};

absl::Status InsertServiceNeed(db::Session& tx, const Id& organization, const ServiceNeedRecord& need);
absl::StatusOr<std::optional<ServiceNeedRecord>> FindServiceNeed(db::Session& session, const Id& organization,
                                                                 const Id& id);
// Writes what can change: note, labels, state and all that goes with it, version, update time.
absl::Status SaveServiceNeed(db::Session& tx, const Id& organization, const ServiceNeedRecord& need);
// Oldest first, after `after` (the nil id: from the first).
absl::StatusOr<std::vector<ServiceNeedRecord>> ListServiceNeeds(db::Session& session, const Id& organization,
                                                                const Id& case_id, const Id& after, int limit);
// Where the care plan of each case stands; a case without lines is missing. At most 500 cases.
absl::StatusOr<std::map<Id, CarePlanSummary>> CarePlansOf(db::Session& session, const Id& organization,
                                                          const std::vector<Id>& cases);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_STORAGE_SERVICE_NEEDS_H_
