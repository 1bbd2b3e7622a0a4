#include "common/rpc/pipeline/deadline.h"

#include <algorithm>

#include "common/base/error.h"

namespace trellis::rpc {
namespace {

constexpr absl::Duration kFarAway = absl::Hours(24 * 365);

}  // namespace

absl::Time EffectiveDeadline(std::chrono::system_clock::time_point from_caller, absl::Time now, std::uint32_t max_ms) {
  const absl::Time cap = now + absl::Milliseconds(max_ms == 0 ? kDefaultMaxDeadlineMs : max_ms);
  if (from_caller == std::chrono::system_clock::time_point::max()) return cap;
  const absl::Time wanted = absl::FromChrono(from_caller);
  return wanted - now > kFarAway ? cap : std::min(cap, wanted);
}

absl::Status CheckDeadline(absl::Time deadline, absl::Time now) {
  if (now < deadline) return absl::OkStatus();
  return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
               "the deadline passed before the work was done");
}

}  // namespace trellis::rpc
