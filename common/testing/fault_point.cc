#include "common/testing/fault_point.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace trellis::testing {

struct ScopedFault::Armed {
  std::string name;
  std::function<absl::Status()> action;
  int left = 0;  // guarded by the registry's mutex; -1: no bound
  int hits = 0;  // guarded by the registry's mutex

  static absl::Status Run(const char* name);
};

namespace {

std::mutex& Mutex() {
  static auto* const mutex = new std::mutex();
  return *mutex;
}

// Guarded by Mutex(). The type is private to ScopedFault, hence the template.
template <typename T>
std::vector<std::shared_ptr<T>>& Registry() {
  static auto* const faults = new std::vector<std::shared_ptr<T>>();
  return *faults;
}

}  // namespace

absl::Status ScopedFault::Armed::Run(const char* name) {
  std::function<absl::Status()> action;
  {
    const std::lock_guard lock(Mutex());
    for (const std::shared_ptr<Armed>& fault : Registry<Armed>()) {
      if (fault->name != name || fault->left == 0) continue;
      if (fault->left > 0) --fault->left;
      ++fault->hits;
      action = fault->action;
      break;
    }
  }
  return action ? action() : absl::OkStatus();
}

ScopedFault::ScopedFault(absl::string_view name, std::function<absl::Status()> action, int times)
    : armed_(std::make_shared<Armed>()) {
  armed_->name = std::string(name);
  armed_->action = std::move(action);
  armed_->left = times;
  const std::lock_guard lock(Mutex());
  Registry<Armed>().push_back(armed_);
  fault_hook.store(&Armed::Run, std::memory_order_release);
}

ScopedFault::~ScopedFault() {
  const std::lock_guard lock(Mutex());
  auto& faults = Registry<Armed>();
  faults.erase(std::remove(faults.begin(), faults.end(), armed_), faults.end());
  if (faults.empty()) fault_hook.store(nullptr, std::memory_order_release);
}

int ScopedFault::hits() const {
  const std::lock_guard lock(Mutex());
  return armed_->hits;
}

}  // namespace trellis::testing
