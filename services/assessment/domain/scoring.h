// From answers to outcomes, by the instrument's data alone. Scoring the same answers with the same version always gives
// the same result.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_SCORING_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_SCORING_H_

#include <optional>
#include <string>
#include <vector>

#include "services/assessment/domain/expression.h"
#include "services/assessment/domain/instrument.h"

namespace trellis::assessment {

// One result.
struct OutcomeValue {
  std::string code;
  // On the outcome's axis: the number, the position of the stage, 0 or 1. Unset where missing answers leave it open.
  std::optional<double> position;
  // Missing answers could change it. A stage is then the least severe one that the answers allow.
  bool incomplete = false;

  friend bool operator==(const OutcomeValue&, const OutcomeValue&) = default;
};

struct CriticalHit {
  std::string item;
  std::string rule;
  CriticalLevel level = CriticalLevel::kHigh;

  friend bool operator==(const CriticalHit&, const CriticalHit&) = default;
};

struct Result {
  std::vector<OutcomeValue> outcomes;  // in the order of the instrument; without those that do not apply
  std::vector<CriticalHit> critical;
};

Result Score(const Instrument& instrument, const Facts& facts);

// The band of a position. A fraction between two bands belongs to the lower one.
const Band& BandOf(const BandSystem& system, double position);

// How severe a position is, 0 being the least severe: for stages the position itself, for flags 0 or 1 with 1 for the
// worse end, for numbers the severity of the principal band; nothing for numbers without bands.
std::optional<int> SeverityOf(const OutcomeDefinition& outcome, double position);
std::optional<int> LargestSeverity(const OutcomeDefinition& outcome);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_SCORING_H_
