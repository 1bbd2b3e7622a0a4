// What an operator can set.
#ifndef TRELLIS_SERVICES_CASELOAD_API_OPTIONS_H_
#define TRELLIS_SERVICES_CASELOAD_API_OPTIONS_H_

#include "absl/time/time.h"
#include "services/caseload/domain/urgency.h"

namespace trellis::caseload {

struct Options {
  absl::Duration review_interval = kDefaultReviewInterval;  // of a case that names none
  absl::Duration silence = kDefaultSilence;                 // after which an unanswered referral is silent
  absl::Duration sweep_interval = absl::Seconds(5);         // between looks for lines that time has changed

  UrgencyRules rules() const { return {.silence = silence}; }
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_OPTIONS_H_
