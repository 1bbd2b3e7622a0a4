// The only way in which a protobuf message may reach a log.
#ifndef TRELLIS_COMMON_LOG_REDACTED_H_
#define TRELLIS_COMMON_LOG_REDACTED_H_

#include <string>

namespace google::protobuf {
class Message;
}

namespace trellis::log {

// The message as JSON-like text, holding only what trellis.options.v1.field declares as SENSITIVITY_NONE. A field
// that is more sensitive shows as "[personal]", "[clinical]" or "[secret]", whatever it contains; a field without any
// declaration is shown only where it cannot hold text (numbers, booleans, enums, well-known times, messages of ours,
// which are looked into); google.protobuf.Any shows its type alone. Unknown fields are left out. At most 8 KiB.
// Thread-safe.
std::string Redacted(const google::protobuf::Message& message);

}  // namespace trellis::log

#endif  // TRELLIS_COMMON_LOG_REDACTED_H_
