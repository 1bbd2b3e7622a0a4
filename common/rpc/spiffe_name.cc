#include "common/rpc/spiffe_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace trellis::rpc {
namespace {

constexpr std::size_t kMaxServiceName = 63;

bool IsServiceName(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_islower(static_cast<unsigned char>(c)) && !absl::ascii_isdigit(static_cast<unsigned char>(c)) &&
        c != '-') {
      return false;
    }
  }
  return !text.empty() && text.size() <= kMaxServiceName;
}

}  // namespace

std::string ServiceOfSpiffeName(absl::string_view uri, absl::string_view trust_domain) {
  if (!absl::ConsumePrefix(&uri, "spiffe://") || !absl::ConsumePrefix(&uri, trust_domain) ||
      !absl::ConsumePrefix(&uri, "/svc/") || !IsServiceName(uri)) {
    return "";
  }
  return std::string(uri);
}

}  // namespace trellis::rpc
