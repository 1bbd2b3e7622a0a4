// Values of one outcome of many persons, counted by the database. The function runs on the session given and returns
// its errors.
#ifndef TRELLIS_SERVICES_ASSESSMENT_STORAGE_COHORT_STORE_H_
#define TRELLIS_SERVICES_ASSESSMENT_STORAGE_COHORT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/assessment/domain/cohort.h"

namespace trellis::assessment::storage {

// Which values are counted.
struct CohortFilter {
  Id organization;
  std::string instrument;
  std::string outcome;
  CohortPeriod period;
  std::optional<std::vector<Id>> persons;  // nothing: everybody in the organization
};

// One statement, so that all counts are of one moment. Values that were left open and persons who were erased do not
// count. Error: RESOURCE_EXHAUSTED COHORT_TOO_VARIED where more pairs of first and last values occur than one answer
// is made of.
absl::StatusOr<std::vector<CohortGroup>> LoadCohort(db::Session& session, const CohortFilter& filter);

}  // namespace trellis::assessment::storage

#endif  // TRELLIS_SERVICES_ASSESSMENT_STORAGE_COHORT_STORE_H_
