// Which critical answers open which alerts.
#ifndef TRELLIS_SERVICES_CASELOAD_DOMAIN_ALERT_RULES_H_
#define TRELLIS_SERVICES_CASELOAD_DOMAIN_ALERT_RULES_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "services/caseload/domain/states.h"

namespace trellis::caseload {

struct CriticalAnswer {
  std::string rule;
  std::string item;
  AlertLevel level = AlertLevel::kHigh;
};

// One alert for each rule, however many items met it: the first item, the gravest level. In the order of the answers.
std::vector<CriticalAnswer> AlertsFor(absl::Span<const CriticalAnswer> answers);

// What an alert's id is derived from, beside the assessment's id: the same answer is always the same alert.
std::string AlertPurpose(const std::string& rule);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_DOMAIN_ALERT_RULES_H_
