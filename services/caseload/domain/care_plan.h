// How far a care plan is met.
#ifndef TRELLIS_SERVICES_CASELOAD_DOMAIN_CARE_PLAN_H_
#define TRELLIS_SERVICES_CASELOAD_DOMAIN_CARE_PLAN_H_

#include "services/caseload/domain/states.h"

namespace trellis::caseload {

// A care plan with more lines than this is refused: a person with more needs has something else wrong.
inline constexpr int kMaxNeedsPerCase = 200;

struct CarePlanSummary {
  int unmet = 0;
  int in_progress = 0;
  int met = 0;

  void Add(NeedState state, int count = 1);
  int lines() const { return unmet + in_progress + met; }  // those that count: not the dropped ones
  // A complete service: there is something that the person should receive, and none of it is unmet.
  bool complete() const { return lines() > 0 && unmet == 0; }
};

inline void CarePlanSummary::Add(NeedState state, int count) {
  switch (state) {
    case NeedState::kUnmet:
      unmet += count;
      break;
    case NeedState::kInProgress:
      in_progress += count;
      break;
    case NeedState::kMet:
      met += count;
      break;
    case NeedState::kDropped:
      break;
  }
}

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_DOMAIN_CARE_PLAN_H_
