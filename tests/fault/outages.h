// How long each kill was felt.
#ifndef TRELLIS_TESTS_FAULT_OUTAGES_H_
#define TRELLIS_TESTS_FAULT_OUTAGES_H_

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace trellis::fault {

// From each kill to the end of the first call, begun after the kill, that each service concerned answered well: the
// service killed, or all of them where it was the database. Thread-safe.
class Outages {
 public:
  explicit Outages(std::vector<std::string> services) : services_(std::move(services)) {}

  void Killed(const std::string& target, absl::Time when);
  void Answered(const std::string& service, absl::Time begun, absl::Time ended);

  struct Summary {
    int kills = 0;
    int pending = 0;  // not answered again
    absl::Duration median;
    absl::Duration longest;
  };
  std::map<std::string, Summary> Summarize() const;

 private:
  struct Outage {
    std::string target;
    absl::Time begun;
    absl::Time ended;
    std::set<std::string> silent;  // services that have not answered since
  };

  const std::vector<std::string> services_;
  mutable std::mutex mutex_;
  std::vector<Outage> outages_;  // guarded by mutex_
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_OUTAGES_H_
