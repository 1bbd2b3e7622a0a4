// Makes a person's line of the worklist from everything that is known.
#ifndef TRELLIS_SERVICES_CASELOAD_API_REFRESH_H_
#define TRELLIS_SERVICES_CASELOAD_API_REFRESH_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/pool.h"
#include "common/db/session.h"
#include "services/caseload/domain/urgency.h"

namespace trellis::caseload {

// Last step of every change that concerns a person. Expects the person's lock. Does nothing without an open case.
absl::Status RefreshEntry(db::Session& tx, const Id& organization, const Id& person, const UrgencyRules& rules,
                          absl::Time now);

// Brings lines up to date that nothing but time has changed, each in a transaction of its own, until none is left or
// the deadline is near. Replicas may sweep at the same time: whoever comes second finds nothing to change.
absl::Status SweepEntries(db::Pool& pool, const UrgencyRules& rules, absl::Time now, absl::Time deadline);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_REFRESH_H_
