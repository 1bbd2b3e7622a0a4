#include "services/caseload/domain/alert_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace trellis::caseload {

std::vector<CriticalAnswer> AlertsFor(absl::Span<const CriticalAnswer> answers) {
  std::vector<CriticalAnswer> alerts;
  for (const CriticalAnswer& answer : answers) {
    const auto same = std::find_if(alerts.begin(), alerts.end(),
                                   [&](const CriticalAnswer& alert) { return alert.rule == answer.rule; });
    if (same == alerts.end()) {
      alerts.push_back(answer);
    } else {
      same->level = std::max(same->level, answer.level);
    }
  }
  return alerts;
}

std::string AlertPurpose(const std::string& rule) { return absl::StrCat("caseload.safety_alert/", rule); }

}  // namespace trellis::caseload
