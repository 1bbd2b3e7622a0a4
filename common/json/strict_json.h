// JSON of which everything hangs: one object, every key once, nothing nested deeply.
#ifndef TRELLIS_COMMON_JSON_STRICT_JSON_H_
#define TRELLIS_COMMON_JSON_STRICT_JSON_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace trellis {

// Nothing for anything but a well-formed object without duplicate keys, at most so many levels deep. Never throws.
std::optional<nlohmann::json> ParseStrictObject(absl::string_view text, std::size_t max_depth = 3);

}  // namespace trellis

#endif  // TRELLIS_COMMON_JSON_STRICT_JSON_H_
