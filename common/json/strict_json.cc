#include "common/json/strict_json.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace trellis {

std::optional<nlohmann::json> ParseStrictObject(absl::string_view text, std::size_t max_depth) {
  using Event = nlohmann::json::parse_event_t;
  if (text.empty() || text.front() != '{') return std::nullopt;  // the parser would skip white space and a BOM
  bool good = true;
  std::size_t depth = 0;
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto watch = [&](int, Event event, nlohmann::json& parsed) {
    switch (event) {
      case Event::object_start:
        keys.emplace_back();
        [[fallthrough]];
      case Event::array_start:
        good = good && ++depth <= max_depth;
        break;
      case Event::object_end:
        keys.pop_back();
        [[fallthrough]];
      case Event::array_end:
        --depth;
        break;
      case Event::key:
        good = good && keys.back().insert(parsed.get<std::string>()).second;
        break;
      case Event::value:
        break;
    }
    return true;
  };
  nlohmann::json value = nlohmann::json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  if (!good || value.is_discarded() || !value.is_object()) return std::nullopt;
  return value;
}

}  // namespace trellis
