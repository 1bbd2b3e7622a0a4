// JSON as tokens use it: one object, every key once, nothing nested deeply. For the .cc files of this folder.
#ifndef TRELLIS_COMMON_ACCESS_STRICT_JSON_H_
#define TRELLIS_COMMON_ACCESS_STRICT_JSON_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace trellis::access {

// Nothing for anything but a well-formed object without duplicate keys, at most three levels deep.
std::optional<nlohmann::json> ParseStrictObject(absl::string_view text);

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_STRICT_JSON_H_
