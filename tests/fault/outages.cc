#include "tests/fault/outages.h"

#include <algorithm>

namespace trellis::fault {

void Outages::Killed(const std::string& target, absl::Time when) {
  const bool is_service = std::find(services_.begin(), services_.end(), target) != services_.end();
  std::lock_guard lock(mutex_);
  outages_.push_back({target, when, when,
                      is_service ? std::set<std::string>{target}
                                 : std::set<std::string>(services_.begin(), services_.end())});
}

void Outages::Answered(const std::string& service, absl::Time begun, absl::Time ended) {
  std::lock_guard lock(mutex_);
  for (Outage& outage : outages_) {
    if (begun < outage.begun || outage.silent.erase(service) == 0) continue;
    outage.ended = std::max(outage.ended, ended);
  }
}

std::map<std::string, Outages::Summary> Outages::Summarize() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::vector<absl::Duration>> lengths;
  std::map<std::string, Summary> summaries;
  for (const Outage& outage : outages_) {
    Summary& summary = summaries[outage.target];
    ++summary.kills;
    if (outage.silent.empty()) {
      lengths[outage.target].push_back(outage.ended - outage.begun);
    } else {
      ++summary.pending;
    }
  }
  for (auto& [target, all] : lengths) {
    std::sort(all.begin(), all.end());
    summaries[target].median = all[all.size() / 2];
    summaries[target].longest = all.back();
  }
  return summaries;
}

}  // namespace trellis::fault
