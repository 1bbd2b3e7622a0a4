#include "services/directory/domain/json_text.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace trellis::directory {
namespace {

absl::Status Malformed(absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_PACKAGE", what);
}

// Counts brackets and separators outside of strings. Whether the text is JSON at all is the parser's business.
absl::Status Measure(absl::string_view text, const JsonLimits& limits) {
  std::size_t values = 0;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    if (c == '"') in_string = true;
    if (c == ',' || c == ':' || c == '{' || c == '[') ++values;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > limits.depth) return Malformed(absl::StrCat("nested deeper than ", limits.depth, " at byte ", i));
    if (values > limits.values) return Malformed(absl::StrCat("more than ", limits.values, " values"));
  }
  return absl::OkStatus();
}

// Builds the tree as the library does, but keeps the place of the error instead of throwing it.
class Builder : public nlohmann::detail::json_sax_dom_parser<nlohmann::json> {
 public:
  explicit Builder(nlohmann::json& tree) : json_sax_dom_parser(tree, /*allow_exceptions=*/false) {}

  template <class Exception>
  bool parse_error(std::size_t position, const std::string& /*token*/, const Exception& /*error*/) {
    position_ = position;
    return false;
  }
  std::size_t position() const { return position_; }

 private:
  std::size_t position_ = 0;
};

}  // namespace

absl::StatusOr<nlohmann::json> ParseJson(absl::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error(absl::StatusCode::kResourceExhausted, "PACKAGE_TOO_LARGE",
                 absl::StrCat("a package may have ", limits.bytes, " bytes"));
  }
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
  if (absl::Status status = Measure(text, limits); !status.ok()) return status;
  nlohmann::json root;
  Builder builder(root);
  if (!nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &builder)) {
    return Malformed(absl::StrCat("not JSON in UTF-8, at byte ", builder.position()));
  }
  return root;
}

}  // namespace trellis::directory
