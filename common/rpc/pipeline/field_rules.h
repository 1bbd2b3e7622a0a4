// The rules for single values: what is wrong with one, in words that a caller understands; "" where nothing is.
#ifndef TRELLIS_COMMON_RPC_PIPELINE_FIELD_RULES_H_
#define TRELLIS_COMMON_RPC_PIPELINE_FIELD_RULES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::rpc {

std::string WrongWithText(const options::v1::FieldPolicy& policy, absl::string_view text);
std::string WrongWithBytes(const options::v1::FieldPolicy& policy, absl::string_view bytes);
std::string WrongWithInteger(const options::v1::FieldPolicy& policy, std::int64_t value);
std::string WrongWithUnsigned(const options::v1::FieldPolicy& policy, std::uint64_t value);
std::string WrongWithNumber(const options::v1::FieldPolicy& policy, double value);
// The two parts of a google.protobuf.Timestamp and of a Duration; the range of a duration is in seconds.
std::string WrongWithTime(std::int64_t seconds, std::int32_t nanos);
std::string WrongWithDuration(const options::v1::FieldPolicy& policy, std::int64_t seconds, std::int32_t nanos);
// One path of a google.protobuf.FieldMask. Whether there is such a field the handler knows.
std::string WrongWithPath(absl::string_view path);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_FIELD_RULES_H_
