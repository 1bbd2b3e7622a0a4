#include "common/metrics/rpc_metrics.h"

#include "absl/strings/str_cat.h"

namespace trellis::metrics {
namespace {

constexpr std::array<absl::string_view, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

std::size_t CodeIndex(absl::StatusCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < kCodeNames.size() ? index : static_cast<std::size_t>(absl::StatusCode::kUnknown);
}

const char* TypeName(MethodType type) {
  switch (type) {
    case MethodType::kUnary:
      return "unary";
    case MethodType::kClientStream:
      return "client_stream";
    case MethodType::kServerStream:
      return "server_stream";
    case MethodType::kBidiStream:
      return "bidi_stream";
  }
  return "unary";
}

// The texts are go-grpc-middleware's own.
struct Texts {
  const char* prefix;
  const char* started;
  const char* handled;
  const char* received;
  const char* sent;
  const char* seconds;
};
constexpr Texts kServerTexts = {
    "grpc_server",
    "Total number of RPCs started on the server.",
    "Total number of RPCs completed on the server, regardless of success or failure.",
    "Total number of RPC stream messages received on the server.",
    "Total number of gRPC stream messages sent by the server.",
    "Histogram of response latency (seconds) of gRPC that had been application-level handled by the server."};
constexpr Texts kClientTexts = {
    "grpc_client",
    "Total number of RPCs started on the client.",
    "Total number of RPCs completed by the client, regardless of success or failure.",
    "Total number of RPC stream messages received by the client.",
    "Total number of gRPC stream messages sent by the client.",
    "Histogram of response latency (seconds) of the gRPC until it is finished by the application."};

}  // namespace

absl::string_view CodeName(absl::StatusCode code) { return kCodeNames[CodeIndex(code)]; }

void MethodMetrics::Handled(absl::StatusCode code, absl::Duration took) {
  handled_[CodeIndex(code)]->Increment();
  seconds_->Observe(absl::ToDoubleSeconds(took));
}

MethodMetrics& RpcMetrics::Register(absl::string_view service, absl::string_view method, MethodType type) {
  absl::MutexLock lock(&mutex_);
  std::unique_ptr<MethodMetrics>& metrics = methods_[absl::StrCat(service, "/", method)];
  if (metrics == nullptr) metrics = Make(std::string(service), std::string(method), type);
  return *metrics;
}

MethodMetrics& RpcMetrics::Unknown() { return Register("unknown", "unknown", MethodType::kUnary); }

std::unique_ptr<MethodMetrics> RpcMetrics::Make(const std::string& service, const std::string& method,
                                                MethodType type) {
  const Texts& texts = side_ == Side::kServer ? kServerTexts : kClientTexts;
  const std::string prefix = texts.prefix;
  const Labels labels = {{"grpc_type", TypeName(type)}, {"grpc_service", service}, {"grpc_method", method}};
  auto out = std::make_unique<MethodMetrics>();
  out->started_ = &registry_->AddCounter(prefix + "_started_total", texts.started, labels);
  out->received_ = &registry_->AddCounter(prefix + "_msg_received_total", texts.received, labels);
  out->sent_ = &registry_->AddCounter(prefix + "_msg_sent_total", texts.sent, labels);
  out->seconds_ = &registry_->AddHistogram(prefix + "_handling_seconds", texts.seconds, labels);
  for (std::size_t code = 0; code < kCodeNames.size(); ++code) {
    Labels with_code = labels;
    with_code["grpc_code"] = std::string(kCodeNames[code]);
    out->handled_[code] = &registry_->AddCounter(prefix + "_handled_total", texts.handled, with_code);
  }
  return out;
}

}  // namespace trellis::metrics
