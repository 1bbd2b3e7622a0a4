#include "common/rpc/status_mapping.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace trellis::rpc {
namespace {

// A client takes 8 KiB of metadata by default. The details travel in base64, the message besides, each odd character
// of it as three.
constexpr std::size_t kMaxViolations = 2560;
constexpr std::size_t kMaxMetadata = 1024;
constexpr std::size_t kMaxMessage = 300;
constexpr std::size_t kMaxValue = 256;

// Never in the middle of a code point.
absl::string_view Cut(absl::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

void SetString(std::string* out, absl::string_view text, std::size_t size) {
  const absl::string_view cut = Cut(text, size);
  out->assign(cut.data(), cut.size());
}

void AddErrorInfo(const ErrorDetails& details, absl::string_view domain, int omitted, google::rpc::Status& out) {
  google::rpc::ErrorInfo info;
  info.set_reason(details.reason);
  info.mutable_domain()->assign(domain.data(), domain.size());
  std::size_t size = 0;
  for (const auto& [key, value] : details.metadata) {
    size += key.size() + std::min(value.size(), kMaxValue) + 8;
    if (size > kMaxMetadata) break;
    SetString(&(*info.mutable_metadata())[key], value, kMaxValue);
  }
  if (omitted > 0) (*info.mutable_metadata())["omitted_violations"] = absl::StrCat(omitted);
  out.add_details()->PackFrom(info);
}

// Returns how many violations did not fit.
int FillBadRequest(const ErrorDetails& details, google::rpc::BadRequest& bad_request) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < details.fields.size(); ++i) {
    const FieldError& field = details.fields[i];
    size += std::min(field.field.size(), kMaxValue) + std::min(field.description.size(), kMaxValue) + 8;
    if (size > kMaxViolations) return static_cast<int>(details.fields.size() - i);
    auto* violation = bad_request.add_field_violations();
    SetString(violation->mutable_field(), field.field, kMaxValue);
    SetString(violation->mutable_description(), field.description, kMaxValue);
  }
  return 0;
}

ErrorDetails DetailsOrDerived(const absl::Status& status) {
  std::optional<ErrorDetails> details = DetailsOf(status);
  if (!details.has_value()) details.emplace();
  if (details->reason.empty()) details->reason = absl::StatusCodeToString(status.code());
  return *std::move(details);
}

Error& Fill(Error& error, const google::rpc::Status& rich) {
  for (const google::protobuf::Any& any : rich.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      for (const auto& [key, value] : info.metadata()) error.With(key, value);
    } else if (any.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        error.Field(violation.field(), violation.description());
      }
    } else if (any.UnpackTo(&retry)) {
      error.RetryAfter(absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos()));
    }
  }
  return error;
}

std::string ReasonIn(const google::rpc::Status& rich) {
  for (const google::protobuf::Any& any : rich.details()) {
    google::rpc::ErrorInfo info;
    if (any.UnpackTo(&info)) return info.reason();
  }
  return "";
}

// The transport's own words name addresses and sockets: for the log only.
absl::Status FromTransport(absl::StatusCode code, const std::string& text) {
  absl::string_view message = "a service that this one needs refused the call";
  if (code == absl::StatusCode::kUnavailable) message = "a service that this one needs cannot be reached";
  if (code == absl::StatusCode::kDeadlineExceeded) message = "a service that this one needs did not answer in time";
  if (code == absl::StatusCode::kCancelled) message = "the call was cancelled";
  absl::Status status = Error(code, absl::StatusCodeToString(code), message);
  status.SetPayload("trellis/transport", absl::Cord(text));
  return status;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status, absl::string_view domain) {
  if (status.ok()) return grpc::Status::OK;
  const ErrorDetails details = DetailsOrDerived(status);
  google::rpc::BadRequest bad_request;
  const int omitted = FillBadRequest(details, bad_request);

  google::rpc::Status rich;
  rich.set_code(static_cast<int>(status.code()));
  SetString(rich.mutable_message(), status.message(), kMaxMessage);
  AddErrorInfo(details, domain, omitted, rich);
  if (bad_request.field_violations_size() > 0) rich.add_details()->PackFrom(bad_request);
  if (details.retry_after > absl::ZeroDuration()) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(details.retry_after));
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int>(absl::ToInt64Nanoseconds(details.retry_after % absl::Seconds(1))));
    rich.add_details()->PackFrom(retry);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), rich.message(), rich.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status rich;
  if (status.error_details().empty() || !rich.ParseFromString(status.error_details())) {
    return FromTransport(code, status.error_message());
  }
  std::string reason = ReasonIn(rich);
  if (reason.empty()) reason = absl::StatusCodeToString(code);
  Error error(code, reason, status.error_message());
  return Fill(error, rich);
}

}  // namespace trellis::rpc
