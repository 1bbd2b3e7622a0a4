// What the difference between two values of one outcome means.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_CHANGE_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_CHANGE_H_

#include <optional>
#include <string>
#include <vector>

#include "services/assessment/domain/instrument.h"

namespace trellis::assessment {

enum class ChangeLabel {
  kReliablyBetter,
  kWithinError,
  kReliablyWorse,
  kNoPublishedThreshold,  // no source says from which difference on it is more than measurement error
};

struct Change {
  double difference = 0;  // now minus earlier; the sign is not corrected for direction
  ChangeLabel label = ChangeLabel::kNoPublishedThreshold;
  std::optional<bool> response;            // unset where no share is published or the earlier value allows none
  std::vector<std::string> bands_crossed;  // codes of the systems in which the band differs
};

// Both are positions on the axis of `outcome`. A difference exactly as large as the reliable change counts as reliable.
Change ClassifyChange(const OutcomeDefinition& outcome, double earlier, double now);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_CHANGE_H_
