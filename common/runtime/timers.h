// Work that is done again and again while a service runs.
#ifndef TRELLIS_COMMON_RUNTIME_TIMERS_H_
#define TRELLIS_COMMON_RUNTIME_TIMERS_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/log/log.h"

namespace trellis::runtime {

// One thread, one piece of work at a time, each first at once and then `interval` after it ended. Add before Start.
class Timers {
 public:
  using Work = std::function<absl::Status(absl::Time deadline)>;

  ~Timers() { Stop(); }

  // The work is given `limit` for one run. Errors are logged, at most every ten seconds.
  void Add(absl::string_view name, absl::Duration interval, absl::Duration limit, Work work);
  void Start();
  void Stop();  // waits for the work at hand

 private:
  struct Job {
    std::string name;
    absl::Duration interval;
    absl::Duration limit;
    Work work;
    absl::Time next = absl::InfinitePast();
    log::RateLimit complaints{absl::Seconds(10)};
  };
  void Run();

  std::vector<std::unique_ptr<Job>> jobs_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_TIMERS_H_
