// How old what we know of identity's relations may be.
#ifndef TRELLIS_COMMON_ACCESS_FRESHNESS_H_
#define TRELLIS_COMMON_ACCESS_FRESHNESS_H_

#include <atomic>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace trellis::access {

// When this schema last held everything that identity's feed had to tell. Thread-safe.
class Freshness {
 public:
  explicit Freshness(absl::Duration bound = absl::Seconds(5)) : bound_(bound) {}

  void Heard(absl::Time at) {
    std::int64_t before = heard_.load();
    const std::int64_t now = absl::ToUnixMicros(at);
    while (before < now && !heard_.compare_exchange_weak(before, now)) {
    }
  }
  // True also before the first Heard.
  bool IsStale(absl::Time now) const {
    const std::int64_t heard = heard_.load();
    return heard == kNever || now - absl::FromUnixMicros(heard) > bound_;
  }

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

  const absl::Duration bound_;
  std::atomic<std::int64_t> heard_ = kNever;
};

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_FRESHNESS_H_
