// Rows of assessments. All functions run on the session given and return its errors.
#ifndef TRELLIS_SERVICES_ASSESSMENT_STORAGE_ASSESSMENT_STORE_H_
#define TRELLIS_SERVICES_ASSESSMENT_STORAGE_ASSESSMENT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/seal/sealer.h"
#include "services/assessment/domain/assessment.h"

namespace trellis::assessment::storage {

// Locks the series of a person and an instrument until the end of the transaction and counts one more recording.
absl::Status LockSeries(db::Session& session, const Id& organization, const Id& person, const std::string& instrument);

// Writes an assessment with its outcomes and critical answers; the answers are sealed.
absl::Status Insert(db::Session& session, seal::Sealer& sealer, const Id& organization, const Assessment& assessment);

// With answers and result; nothing where there is none, or where the person was erased.
absl::StatusOr<std::optional<Assessment>> Load(db::Session& session, seal::Sealer& sealer, const Id& organization,
                                               const Id& id);

// The assessments of a person before `before` (all where unset), newest first, with results, without answers.
// instrument: empty for all.
absl::StatusOr<std::vector<Assessment>> List(db::Session& session, const Id& organization, const Id& person,
                                             const std::string& instrument, const std::optional<Place>& before,
                                             int limit);

// Whether the person has an assessment with the instrument after `place`.
absl::StatusOr<bool> HasLater(db::Session& session, const Id& organization, const Id& person,
                              const std::string& instrument, const Place& place);

}  // namespace trellis::assessment::storage

#endif  // TRELLIS_SERVICES_ASSESSMENT_STORAGE_ASSESSMENT_STORE_H_
