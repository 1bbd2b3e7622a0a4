// Times on the wire: whole microseconds, as the database keeps them.
#ifndef TRELLIS_COMMON_RPC_TIMESTAMPS_H_
#define TRELLIS_COMMON_RPC_TIMESTAMPS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace trellis::rpc {

inline google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const std::int64_t micros = absl::ToUnixMicros(time);
  const std::int64_t past = micros % 1'000'000 < 0 ? 1 : 0;  // nanos count forward before 1970 too
  google::protobuf::Timestamp out;
  out.set_seconds(micros / 1'000'000 - past);
  out.set_nanos(static_cast<std::int32_t>((micros % 1'000'000 + past * 1'000'000) * 1000));
  return out;
}

// What is smaller than a microsecond is cut off, towards the past.
inline absl::Time FromTimestamp(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Microseconds(time.nanos() / 1000);
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TIMESTAMPS_H_
