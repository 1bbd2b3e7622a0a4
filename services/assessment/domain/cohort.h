// How the persons of a group are as a whole: the rules of cohort measures.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_COHORT_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_COHORT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/assessment/domain/disclosure.h"
#include "services/assessment/domain/instrument.h"

namespace trellis::assessment {

// Whole months that are over, so that two answers never differ by a single day, and not by what was added today.
struct CohortPeriod {
  absl::CivilDay start;
  absl::CivilDay end;  // the day after the last one
};

inline constexpr int kLongestPeriodMonths = 120;

// Errors: INVALID_ARGUMENT on start_date or end_date.
absl::StatusOr<CohortPeriod> MakeCohortPeriod(absl::CivilDay start, absl::CivilDay end, absl::Time now);

// Persons with the same first and last value of the period (positions on the outcome's axis).
struct CohortGroup {
  double first = 0;
  double last = 0;
  bool repeated = false;  // they have several values
  std::int64_t persons = 0;
  std::int64_t assessments = 0;
};

// The parts in which persons are counted: the principal band system, the stages, or no and yes. One way to cut the axis
// and no second one: two that overlap would give small numbers away. Empty where there is none.
std::vector<Band> CohortBands(const OutcomeDefinition& outcome);

struct CohortChange {
  std::int64_t improved = 0;
  std::int64_t unchanged = 0;
  std::int64_t deteriorated = 0;
};

// What may be told (disclosure.h).
struct CohortSummary {
  std::vector<Band> bands;
  ToldCounts persons_in_band;  // beside bands
  bool suppressed = false;     // something is left out for small numbers
  std::optional<std::int64_t> persons;
  std::optional<std::int64_t> assessments;
  std::optional<double> mean;
  std::optional<double> standard_deviation;
  std::optional<CohortChange> change;
};

CohortSummary SummarizeCohort(const OutcomeDefinition& outcome, const std::vector<CohortGroup>& groups,
                              const DisclosureRules& rules);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_COHORT_H_
