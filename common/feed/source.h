// Where a follower gets events from.
#ifndef TRELLIS_COMMON_FEED_SOURCE_H_
#define TRELLIS_COMMON_FEED_SOURCE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "trellis/events/v1/events.pb.h"

namespace trellis::feed {

struct EventBatch {
  std::vector<events::v1::Event> events;  // consecutive positions
  std::int64_t head = 0;                  // the greatest position given out
};

class EventSource {
 public:
  virtual ~EventSource() = default;
  // Events after `after`, at most `limit`; waits up to `wait` for the first.
  virtual absl::StatusOr<EventBatch> Read(std::int64_t after, int limit, absl::Duration wait) = 0;
  // Makes a waiting Read return soon, and all later ones at once. Called from another thread.
  virtual void Cancel() = 0;
};

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_SOURCE_H_
