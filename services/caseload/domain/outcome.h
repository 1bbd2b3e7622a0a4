// What the desk remembers of a person's latest assessment with one instrument.
#ifndef TRELLIS_SERVICES_CASELOAD_DOMAIN_OUTCOME_H_
#define TRELLIS_SERVICES_CASELOAD_DOMAIN_OUTCOME_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"

namespace trellis::caseload {

// One named result, as far as it has a value.
struct Outcome {
  std::string code = {};  // "" where the instrument gives none
  std::optional<double> number = {};
  std::string stage = {};
  std::optional<bool> flag = {};
  std::string band = {};
};

struct LatestAssessment {
  std::string instrument;  // "instruments/phq-9"
  Id assessment;
  absl::Time effective_time;
  Outcome principal;
  // The first outcome that is reliably worse, and against what.
  std::optional<Outcome> worse;
  bool worse_than_baseline = false;
  bool worse_than_previous = false;
  LabelSet labels;        // of the assessment
  LabelSet worse_labels;  // of what `worse` is compared with
};

// Whether `incoming` takes the place of `known`. An assessment entered late does not hide a later one; of two at the
// same moment the one recorded last counts.
inline bool Replaces(const LatestAssessment& incoming, const LatestAssessment& known) {
  return incoming.effective_time >= known.effective_time;
}

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_DOMAIN_OUTCOME_H_
