// An assessment as the service keeps it.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_ASSESSMENT_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_ASSESSMENT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "services/assessment/domain/answers.h"
#include "services/assessment/domain/scoring.h"

namespace trellis::assessment {

// The numbers of both are kept in the database and equal those of the contract.
enum class Method { kSelfReport = 1, kClinician = 2, kInformant = 3 };
enum class State { kRecorded = 1, kEnteredInError = 2 };

struct Assessment {
  Id id;
  Id person;
  std::string instrument;
  int instrument_version = 0;
  absl::Time effective_time;
  Method method = Method::kSelfReport;
  State state = State::kRecorded;
  Id recorder;
  std::vector<Answer> answers;
  Result result;
  LabelSet labels;  // those that were set; its instrument gives more
  int revision = 1;
  absl::Time create_time;
  absl::Time update_time;
};

// Where an assessment stands among those of its person: by time, and among those of the same time by id.
struct Place {
  absl::Time effective_time;
  Id id;
};

// Earliest and latest moment at which an assessment recorded at `now` may have been administered. The clock of whoever
// records may be a little ahead of ours.
inline absl::Time EarliestEffectiveTime() { return absl::FromCivil(absl::CivilDay(1900, 1, 1), absl::UTCTimeZone()); }
inline absl::Time LatestEffectiveTime(absl::Time now) { return now + absl::Minutes(5); }

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_ASSESSMENT_H_
