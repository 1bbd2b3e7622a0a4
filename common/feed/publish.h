// Events leave a service by being written beside the change that they tell of.
#ifndef TRELLIS_COMMON_FEED_PUBLISH_H_
#define TRELLIS_COMMON_FEED_PUBLISH_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/id.h"

namespace google::protobuf {
class Message;
}
namespace trellis::db {
class Session;
}

namespace trellis::feed {

// An event to be. Its payload carries ids and facts, never names and never free text.
struct Event {
  Id id;                                     // the event's own, never used before
  Id organization;                           // whose data changed; nil: what all organizations share
  const google::protobuf::Message& payload;  // of the publishing service's contract
  absl::Time occur_time;                     // the time of the change
  std::string trace_id;                      // 32 hexadecimal digits or empty
};

inline constexpr std::size_t kMaxPayloadBytes = 32 * 1024;

// Writes the event into the transaction of `tx`: it exists if and only if the transaction commits.
// Publish after the first write (or locking read) of the record that the event is about: that lock is what keeps the
// events of one record in the order of its changes.
// Errors: those of the database; INTERNAL for a payload that is too large.
absl::Status Publish(db::Session& tx, const Event& event);

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_PUBLISH_H_
