// Second stage: until when a call may work.
#ifndef TRELLIS_COMMON_RPC_PIPELINE_DEADLINE_H_
#define TRELLIS_COMMON_RPC_PIPELINE_DEADLINE_H_

#include <chrono>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace trellis::rpc {

inline constexpr std::uint32_t kDefaultMaxDeadlineMs = 10'000;

// The caller's deadline, capped by the method's (`max_ms`, 0: the default). A caller that sets none, or one further
// away than a year, gets the cap.
absl::Time EffectiveDeadline(std::chrono::system_clock::time_point from_caller, absl::Time now, std::uint32_t max_ms);

// DEADLINE_EXCEEDED where `deadline` has passed.
absl::Status CheckDeadline(absl::Time deadline, absl::Time now);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_DEADLINE_H_
