#include "common/base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace trellis {
namespace {

constexpr char kPayloadUrl[] = "trellis/error";

// The payload is a list of length-prefixed strings: it never leaves the process, so it needs no schema.
void Put(std::string& out, absl::string_view text) { absl::StrAppend(&out, text.size(), ":", text); }

class Reader {
 public:
  explicit Reader(absl::string_view rest) : rest_(rest) {}

  std::string Next() {
    const std::size_t colon = rest_.find(':');
    std::size_t size = 0;
    if (colon == absl::string_view::npos || !absl::SimpleAtoi(rest_.substr(0, colon), &size)) return "";
    std::string out(rest_.substr(colon + 1, size));
    rest_.remove_prefix(colon + 1 + out.size());
    return out;
  }
  std::size_t NextCount() {
    std::size_t count = 0;
    return absl::SimpleAtoi(Next(), &count) ? count : 0;
  }

 private:
  absl::string_view rest_;
};

}  // namespace

Error::Error(absl::StatusCode code, absl::string_view reason, absl::string_view message)
    : code_(code), reason_(reason), message_(message) {}

Error& Error::With(absl::string_view key, absl::string_view value) {
  metadata_.emplace_back(std::string(key), std::string(value));
  return *this;
}

Error& Error::Field(absl::string_view field, absl::string_view description) {
  fields_.push_back({std::string(field), std::string(description)});
  return *this;
}

Error& Error::RetryAfter(absl::Duration delay) {
  retry_after_ = delay;
  return *this;
}

Error::operator absl::Status() const {
  std::string payload;
  Put(payload, reason_);
  Put(payload, absl::StrCat(absl::ToInt64Milliseconds(retry_after_)));
  Put(payload, absl::StrCat(metadata_.size()));
  for (const auto& [key, value] : metadata_) {
    Put(payload, key);
    Put(payload, value);
  }
  Put(payload, absl::StrCat(fields_.size()));
  for (const FieldError& field : fields_) {
    Put(payload, field.field);
    Put(payload, field.description);
  }
  absl::Status status(code_, message_);
  status.SetPayload(kPayloadUrl, absl::Cord(payload));
  return status;
}

std::optional<ErrorDetails> DetailsOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string text(*payload);
  Reader reader(text);
  ErrorDetails details;
  details.reason = reader.Next();
  details.retry_after = absl::Milliseconds(static_cast<std::int64_t>(reader.NextCount()));
  for (std::size_t left = reader.NextCount(); left > 0; --left) {
    std::string key = reader.Next();
    details.metadata.emplace_back(std::move(key), reader.Next());
  }
  for (std::size_t left = reader.NextCount(); left > 0; --left) {
    std::string field = reader.Next();
    details.fields.push_back({std::move(field), reader.Next()});
  }
  return details;
}

std::string ReasonOf(const absl::Status& status) {
  const std::optional<ErrorDetails> details = DetailsOf(status);
  return details.has_value() ? details->reason : "";
}

absl::Status NotFound(absl::string_view resource_name) {
  return Error(absl::StatusCode::kNotFound, "NOT_FOUND",
               absl::StrCat(resource_name, " does not exist, or you may not see it"))
      .With("resource", resource_name);
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  return Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", absl::StrCat(field, ": ", description))
      .With("field", field)
      .Field(field, description);
}

}  // namespace trellis
