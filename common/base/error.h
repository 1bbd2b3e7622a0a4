// Typed errors. Every error that can reach a caller carries a stable reason (google.rpc.ErrorInfo), the values that
// its text speaks of, and for bad input each wrong field. They travel inside absl::Status as a payload, so that the
// domain can return them without knowing protobuf or gRPC; common/rpc turns them into google.rpc.Status at the edge.
#ifndef TRELLIS_COMMON_BASE_ERROR_H_
#define TRELLIS_COMMON_BASE_ERROR_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace trellis {

struct FieldError {
  std::string field;        // path in the request, for example "person.birth_date" or "answers[3].item"
  std::string description;  // what is wrong and what would be right
};

// Builds an absl::Status:
//   return Error(absl::StatusCode::kFailedPrecondition, "CONSENT_MISSING", "no consent lets this recipient ...")
//       .With("recipient", name);
// A reason is UPPER_SNAKE_CASE, at most 63 characters, and part of the contract: never rename one.
class Error {
 public:
  Error(absl::StatusCode code, absl::string_view reason, absl::string_view message);

  Error& With(absl::string_view key, absl::string_view value);
  Error& Field(absl::string_view field, absl::string_view description);
  Error& RetryAfter(absl::Duration delay);

  operator absl::Status() const;  // NOLINT(google-explicit-constructor): an Error is a status in the making

 private:
  absl::StatusCode code_;
  std::string reason_;
  std::string message_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::vector<FieldError> fields_;
  absl::Duration retry_after_ = absl::ZeroDuration();
};

// The parts of a status made by Error; empty for any other status.
struct ErrorDetails {
  std::string reason;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<FieldError> fields;
  absl::Duration retry_after;
};
std::optional<ErrorDetails> DetailsOf(const absl::Status& status);
std::string ReasonOf(const absl::Status& status);  // "" where there is none

// The two errors that nearly every handler needs.
// "Unknown" and "forbidden" are the same answer on purpose: the caller must not learn which ids exist.
absl::Status NotFound(absl::string_view resource_name);
absl::Status InvalidField(absl::string_view field, absl::string_view description);

}  // namespace trellis

#endif  // TRELLIS_COMMON_BASE_ERROR_H_
