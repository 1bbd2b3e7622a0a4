// The only way in which a protobuf message may reach a log.
#ifndef TRELLIS_COMMON_LOG_REDACTED_H_
#define TRELLIS_COMMON_LOG_REDACTED_H_

#include <string>

namespace google::protobuf {
class Message;
}

namespace trellis::log {

// The message as text in one line, holding only what trellis.options.v1.field declares as SENSITIVITY_NONE. A field
// that is more sensitive shows as "[personal]", "[clinical]" or "[secret]", whatever it contains; one that declares
// nothing shows as "[undeclared]", but messages of ours are looked into, where each field speaks for itself;
// google.protobuf.Any shows its type alone. Unknown fields are left out. At most 8 KiB. Thread-safe.
std::string Redacted(const google::protobuf::Message& message);

}  // namespace trellis::log

#endif  // TRELLIS_COMMON_LOG_REDACTED_H_
