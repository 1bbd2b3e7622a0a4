// JSON from outside: measured before it is parsed, so that no text can take more depth or memory than allowed.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_JSON_TEXT_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_JSON_TEXT_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace trellis::directory {

struct JsonLimits {
  std::size_t bytes = 64u << 20;
  std::size_t values = 4'000'000;
  int depth = 64;
};

// Errors: RESOURCE_EXHAUSTED PACKAGE_TOO_LARGE (bytes), INVALID_ARGUMENT MALFORMED_PACKAGE (too many values, too deep,
// not JSON, not UTF-8; the message says where).
absl::StatusOr<nlohmann::json> ParseJson(absl::string_view text, const JsonLimits& limits = JsonLimits());

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_JSON_TEXT_H_
