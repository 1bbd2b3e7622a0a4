// Named places in the product where a test can make things go wrong. The product includes this header only and links
// nothing of common/testing: without a test a point costs one load of a pointer.
//
//   TRELLIS_RETURN_IF_ERROR(testing::FaultPoint("feed.before_position"));
//
// In the test:
//   testing::ScopedFault fault("feed.before_position", [] { return absl::UnavailableError("injected"); }, /*times=*/1);
#ifndef TRELLIS_COMMON_TESTING_FAULT_POINT_H_
#define TRELLIS_COMMON_TESTING_FAULT_POINT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace trellis::testing {

using FaultHook = absl::Status (*)(const char* name);
inline std::atomic<FaultHook> fault_hook{nullptr};

// OK unless a test has armed the point of that name. Thread-safe.
inline absl::Status FaultPoint(const char* name) {
  const FaultHook hook = fault_hook.load(std::memory_order_acquire);
  return hook == nullptr ? absl::OkStatus() : hook(name);
}

// Arms a point while it lives: the first `times` passes run the action (-1: all), which may also sleep or kill the
// process. Thread-safe; the action may run in several threads at a time.
class ScopedFault {
 public:
  ScopedFault(absl::string_view name, std::function<absl::Status()> action, int times = -1);
  ~ScopedFault();
  ScopedFault(const ScopedFault&) = delete;
  ScopedFault& operator=(const ScopedFault&) = delete;

  int hits() const;  // how often the action ran

 private:
  struct Armed;
  std::shared_ptr<Armed> armed_;
};

}  // namespace trellis::testing

#endif  // TRELLIS_COMMON_TESTING_FAULT_POINT_H_
