#include "common/rpc/authorization_policy.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/json/strict_json.h"

namespace trellis::rpc {
namespace {

using nlohmann::json;

constexpr std::size_t kMostLevels = 5;  // policy, rules, rule, source, principals

absl::Status Wrong(absl::string_view where, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("authorization policy: ", where, " ", what));
}

absl::Status CheckKeys(const json& object, const std::string& where, std::initializer_list<absl::string_view> known) {
  if (!object.is_object()) return Wrong(where, "is no object");
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Wrong(absl::StrCat(where, ".", key), "is not known here");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckName(const json& object, const std::string& where) {
  const auto name = object.find("name");
  if (name != object.end() && name->is_string() && !name->get_ref<const std::string&>().empty()) {
    return absl::OkStatus();
  }
  return Wrong(absl::StrCat(where, ".name"), "is required: a text");
}

}  // namespace

void AuthorizationPolicy::Patterns::Add(absl::string_view pattern) {
  everything_ = false;
  if (pattern == "*") {
    any_ = true;
  } else if (absl::EndsWith(pattern, "*")) {
    prefixes_.emplace_back(pattern.substr(0, pattern.size() - 1));
  } else if (absl::StartsWith(pattern, "*")) {
    suffixes_.emplace_back(pattern.substr(1));
  } else {
    exact_.emplace(pattern);
  }
}

bool AuthorizationPolicy::Patterns::Match(absl::string_view text) const {
  if (everything_) return true;
  if (text.empty()) return false;
  return any_ || exact_.contains(text) ||
         std::any_of(prefixes_.begin(), prefixes_.end(), [&](const auto& p) { return absl::StartsWith(text, p); }) ||
         std::any_of(suffixes_.begin(), suffixes_.end(), [&](const auto& s) { return absl::EndsWith(text, s); });
}

class PolicyReader {
 public:
  static absl::StatusOr<AuthorizationPolicy> Read(const json& object) {
    AuthorizationPolicy policy;
    TRELLIS_RETURN_IF_ERROR(CheckKeys(object, "policy", {"name", "deny_rules", "allow_rules"}));
    TRELLIS_RETURN_IF_ERROR(CheckName(object, "policy"));
    TRELLIS_RETURN_IF_ERROR(ReadRules(object, "deny_rules", policy.deny_));
    TRELLIS_RETURN_IF_ERROR(ReadRules(object, "allow_rules", policy.allow_));
    if (policy.allow_.empty()) return Wrong("policy.allow_rules", "is required: nobody could call anything");
    return policy;
  }

 private:
  using Rule = AuthorizationPolicy::Rule;
  using Patterns = AuthorizationPolicy::Patterns;

  static absl::Status ReadRules(const json& object, const char* key, std::vector<Rule>& rules) {
    const auto list = object.find(key);
    if (list == object.end()) return absl::OkStatus();
    if (!list->is_array()) return Wrong(key, "is no list");
    for (const json& item : *list) {
      const std::string where = absl::StrCat(key, "[", rules.size(), "]");
      TRELLIS_RETURN_IF_ERROR(ReadRule(item, where, rules.emplace_back()));
    }
    return absl::OkStatus();
  }

  static absl::Status ReadRule(const json& object, const std::string& where, Rule& rule) {
    TRELLIS_RETURN_IF_ERROR(CheckKeys(object, where, {"name", "source", "request"}));
    TRELLIS_RETURN_IF_ERROR(CheckName(object, where));
    TRELLIS_RETURN_IF_ERROR(ReadPart(object, where, "source", "principals", rule.principals));
    return ReadPart(object, where, "request", "paths", rule.paths);
  }

  static absl::Status ReadPart(const json& object, const std::string& where, const char* part, const char* key,
                               Patterns& patterns) {
    const auto found = object.find(part);
    if (found == object.end()) return absl::OkStatus();
    TRELLIS_RETURN_IF_ERROR(CheckKeys(*found, absl::StrCat(where, ".", part), {key}));
    const auto list = found->find(key);
    if (list == found->end()) return absl::OkStatus();
    const std::string place = absl::StrCat(where, ".", part, ".", key);
    if (!list->is_array()) return Wrong(place, "is no list");
    for (const json& item : *list) {
      const std::string pattern = item.is_string() ? item.get<std::string>() : "";
      const std::size_t star = pattern.find('*');
      const bool inside = star != std::string::npos && star != 0 && star + 1 != pattern.size();
      if (pattern.empty() || inside || std::count(pattern.begin(), pattern.end(), '*') > 1) {
        return Wrong(place, "holds something else than texts with at most one *, at an end");
      }
      patterns.Add(pattern);
    }
    return absl::OkStatus();
  }
};

absl::StatusOr<AuthorizationPolicy> AuthorizationPolicy::Parse(absl::string_view json) {
  const std::optional<nlohmann::json> object = ParseStrictObject(json, kMostLevels);
  if (!object.has_value()) return Wrong("the file", "is no JSON object in which every key stands once");
  return PolicyReader::Read(*object);
}

bool AuthorizationPolicy::Allows(absl::string_view principal, absl::string_view path) const {
  const auto matches = [&](const Rule& rule) { return rule.Match(principal, path); };
  return std::none_of(deny_.begin(), deny_.end(), matches) && std::any_of(allow_.begin(), allow_.end(), matches);
}

}  // namespace trellis::rpc
