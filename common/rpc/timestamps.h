// Times on the wire: whole microseconds, as the database keeps them.
#ifndef TRELLIS_COMMON_RPC_TIMESTAMPS_H_
#define TRELLIS_COMMON_RPC_TIMESTAMPS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace trellis::rpc {

inline google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const std::int64_t micros = absl::ToUnixMicros(time);
  const std::int64_t seconds = (micros >= 0 ? micros : micros - 999'999) / 1'000'000;  // rounds down before 1970 too
  google::protobuf::Timestamp out;
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>((micros - seconds * 1'000'000) * 1000));
  return out;
}

inline absl::Time FromTimestamp(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TIMESTAMPS_H_
