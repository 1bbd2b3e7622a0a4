#include "services/assessment/domain/json_reader.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxText = 2000;

// Notices a key that one object has twice, which the parser itself would pass over.
class DuplicateKeys {
 public:
  bool operator()(int /*depth*/, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event == json::parse_event_t::key && !open_.back().insert(parsed.get<std::string>()).second) {
      *found_ = parsed.get<std::string>();
    }
    return true;
  }
  explicit DuplicateKeys(std::string* found) : found_(found) {}

 private:
  std::string* const found_;
  std::vector<std::set<std::string>> open_;
};

}  // namespace

absl::StatusOr<json> ParseJson(absl::string_view text) {
  std::string twice;
  json parsed = json::parse(text.begin(), text.end(), DuplicateKeys(&twice), /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return absl::InvalidArgumentError("is not JSON");
  if (!twice.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("has the key \"", twice, "\" twice in one object"));
  }
  return parsed;
}

bool IsCode(absl::string_view text) {
  if (text.empty() || text.size() > 64 || !absl::ascii_isalnum(static_cast<unsigned char>(text[0]))) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

void Problems::Add(absl::string_view path, absl::string_view what) {
  lines_.push_back(path.empty() ? std::string(what) : absl::StrCat(path, ": ", what));
}

absl::Status Problems::ToStatus(absl::string_view file) const {
  if (lines_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrJoin(lines_, "\n", [&](std::string* out, const std::string& line) {
        absl::StrAppend(out, file, ": ", line);
      }));
}

ObjectReader::ObjectReader(const json& object, std::string path, Problems* problems)
    : object_(object), path_(std::move(path)), problems_(problems) {
  if (!object_.is_object()) problems_->Add(path_, "must be an object");
}

std::string ObjectReader::PathOf(absl::string_view key) const {
  return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
}

void ObjectReader::Problem(absl::string_view key, absl::string_view what) { problems_->Add(PathOf(key), what); }

const json* ObjectReader::Find(const char* key, bool required) {
  asked_.insert(key);
  const auto it = object_.find(key);
  if (object_.is_object() && it != object_.end()) return &*it;
  if (required && object_.is_object()) Problem(key, "is missing");
  return nullptr;
}

std::string ObjectReader::Text(const char* key) {
  const json* value = Find(key, true);
  if (value == nullptr) return "";
  if (!value->is_string()) {
    Problem(key, "must be text");
    return "";
  }
  std::string text = value->get<std::string>();
  if (text.size() > kMaxText || HasUnsafeCharacter(text)) Problem(key, "is too long or holds unsafe characters");
  return text;
}

std::string ObjectReader::Code(const char* key) {
  std::string code = Text(key);
  const json* value = Find(key, false);
  if (value != nullptr && value->is_string() && !IsCode(code)) {
    Problem(key, "must be a code: letters, digits, '.', '_' and '-', at most 64");
  }
  return code;
}

double ObjectReader::Number(const char* key) {
  const json* value = Find(key, true);
  if (value == nullptr) return 0;
  if (value->is_number()) return value->get<double>();
  Problem(key, "must be a number");
  return 0;
}

std::int64_t ObjectReader::Integer(const char* key) {
  const json* value = Find(key, true);
  if (value == nullptr) return 0;
  if (value->is_number_integer()) return value->get<std::int64_t>();
  Problem(key, "must be a whole number");
  return 0;
}

std::size_t ObjectReader::OneOf(const char* key, const std::vector<std::string>& words) {
  const json* value = Find(key, true);
  if (value == nullptr) return 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (value->is_string() && value->get<std::string>() == words[i]) return i;
  }
  Problem(key, absl::StrCat("must be one of ", absl::StrJoin(words, ", ")));
  return 0;
}

std::string ObjectReader::OptionalText(const char* key) { return Find(key, false) == nullptr ? "" : Text(key); }

std::optional<double> ObjectReader::OptionalNumber(const char* key) {
  if (Find(key, false) == nullptr) return std::nullopt;
  return Number(key);
}

bool ObjectReader::Flag(const char* key) {
  const json* value = Find(key, false);
  if (value == nullptr) return false;
  if (!value->is_boolean()) Problem(key, "must be true or false");
  return value->is_boolean() && value->get<bool>();
}

const json* ObjectReader::Raw(const char* key) { return Find(key, false); }

std::vector<std::string> ObjectReader::Texts(const char* key) {
  std::vector<std::string> texts;
  Each(key, [&](const json& value, const std::string& path) {
    if (value.is_string()) {
      texts.push_back(value.get<std::string>());
    } else {
      problems_->Add(path, "must be text");
    }
  });
  return texts;
}

void ObjectReader::Each(const char* key, absl::FunctionRef<void(const json&, const std::string&)> each) {
  const json* value = Find(key, false);
  if (value == nullptr) return;
  if (!value->is_array()) {
    Problem(key, "must be a list");
    return;
  }
  for (std::size_t i = 0; i < value->size(); ++i) each((*value)[i], absl::StrCat(PathOf(key), "[", i, "]"));
}

void ObjectReader::Finish() {
  if (!object_.is_object()) return;
  for (const auto& [key, value] : object_.items()) {
    if (!asked_.contains(key)) Problem(key, "is not known here");
  }
}

}  // namespace trellis::assessment
