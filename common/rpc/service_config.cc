#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/rpc/channel.h"
#include "common/rpc/contract.h"
#include "google/protobuf/descriptor.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::rpc {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;

// One retry layer, only where the peer certainly or harmlessly did not do it, within a budget of a tenth.
constexpr char kRetryPolicy[] =
    R"("retryPolicy":{"maxAttempts":3,"initialBackoff":"0.05s","maxBackoff":"1s","backoffMultiplier":2,)"
    R"("retryableStatusCodes":["UNAVAILABLE"]})";
constexpr char kThrottling[] = R"("retryThrottling":{"maxTokens":10,"tokenRatio":0.1})";

std::string Timeout(absl::Duration duration) {
  return absl::StrFormat(R"("timeout":"%.3fs")", absl::ToDoubleSeconds(duration));
}

std::string MethodConfig(const MethodDescriptor& method, absl::Duration default_deadline) {
  const auto& policy = method.options().GetExtension(options::v1::method);
  const absl::Duration deadline =
      policy.max_deadline_ms() > 0 ? absl::Milliseconds(policy.max_deadline_ms()) : default_deadline;
  std::vector<std::string> parts = {
      absl::StrFormat(R"("name":[{"service":"%s","method":"%s"}])", method.service()->full_name(), method.name()),
      Timeout(deadline)};
  if (method.options().idempotency_level() != MethodOptions::IDEMPOTENCY_UNKNOWN) parts.push_back(kRetryPolicy);
  return absl::StrCat("{", absl::StrJoin(parts, ","), "}");
}

}  // namespace

std::string ServiceConfigFor(const std::vector<std::string>& packages, absl::Duration default_deadline) {
  std::vector<std::string> methods;
  for (const MethodDescriptor* method : MethodsOf(packages)) {
    methods.push_back(MethodConfig(*method, default_deadline));
  }
  methods.push_back(absl::StrCat(R"({"name":[{}],)", Timeout(default_deadline), "}"));
  return absl::StrCat(R"({"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":""},)",
                      R"("methodConfig":[)", absl::StrJoin(methods, ","), "],", kThrottling, "}");
}

}  // namespace trellis::rpc
