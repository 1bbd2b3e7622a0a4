#include "services/directory/domain/mapping.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/embedded.h"
#include "nlohmann/json.hpp"

namespace trellis::directory {

namespace data {
const std::vector<EmbeddedFile>& Files();  // made by trellis_embed
}

namespace {

using Json = nlohmann::json;

absl::Status Broken(absl::string_view what) { return absl::InvalidArgumentError(absl::StrCat("mapping.json: ", what)); }

// The text of a member; "" where there is none.
std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> TextsOf(const Json& object, const char* key) {
  std::vector<std::string> out;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return out;
  for (const Json& text : *found) {
    if (text.is_string()) out.push_back(absl::AsciiStrToLower(text.get<std::string>()));
  }
  return out;
}

bool BeginsAWord(absl::string_view text, absl::string_view word) {
  for (std::size_t at = text.find(word); at != absl::string_view::npos; at = text.find(word, at + 1)) {
    if (at == 0 || !absl::ascii_isalnum(static_cast<unsigned char>(text[at - 1]))) return true;
  }
  return false;
}

bool IsTag(absl::string_view code) {
  const std::vector<absl::string_view> parts = absl::StrSplit(code, '-');
  if (parts[0].size() < 2 || parts[0].size() > 3 || code.size() > 35) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty() || parts[i].size() > 8) return false;
    for (const char c : parts[i]) {
      const auto u = static_cast<unsigned char>(c);
      if (i == 0 ? !absl::ascii_isalpha(u) : !absl::ascii_isalnum(u)) return false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<Mapping> Mapping::Parse(absl::string_view json) {
  const Json root = Json::parse(json.data(), json.data() + json.size(), nullptr, false);
  if (!root.is_object()) return Broken("not a JSON object");
  for (const char* list : {"kinds", "taxonomies", "words"}) {
    if (!root.contains(list) || !root[list].is_array()) return Broken(absl::StrCat("`", list, "` is no array"));
    for (const Json& entry : root[list]) {
      if (!entry.is_object()) return Broken(absl::StrCat("an entry of `", list, "` is no object"));
    }
  }
  Mapping mapping;
  for (const Json& kind : root["kinds"]) mapping.kinds_.insert(TextOf(kind, "code"));
  if (!mapping.IsKind("other") || mapping.IsKind("")) return Broken("a kind without code, or no kind \"other\"");
  for (const Json& taxonomy : root["taxonomies"]) {
    const Taxonomy rule{TextOf(taxonomy, "gives") == "kinds", TextOf(taxonomy, "system")};
    if (!rule.gives_kinds && rule.system.empty()) return Broken("a taxonomy of needs without `system`");
    for (const std::string& name : TextsOf(taxonomy, "names")) mapping.taxonomies_[name] = rule;
  }
  for (const Json& rule : root["words"]) {
    const std::string kind = TextOf(rule, "kind");
    if (!mapping.IsKind(kind)) return Broken(absl::StrCat("`words` names the unknown kind \"", kind, "\""));
    for (const std::string& word : TextsOf(rule, "words")) mapping.words_.emplace_back(word, kind);
  }
  if (root.contains("languages") && root["languages"].is_object()) {
    for (const auto& [name, tag] : root["languages"].items()) {
      if (!tag.is_string() || !IsTag(tag.get<std::string>())) return Broken(absl::StrCat("language ", name));
      mapping.languages_[name] = tag.get<std::string>();
    }
  }
  return mapping;
}

const Mapping& Mapping::Default() {
  static const Mapping* const mapping = [] {
    absl::StatusOr<Mapping> parsed = Parse(data::Files().front().content);
    if (!parsed.ok()) {
      std::fprintf(stderr, "%s\n", parsed.status().ToString().c_str());
      std::abort();
    }
    return new Mapping(*std::move(parsed));
  }();
  return *mapping;
}

Mapping::Meaning Mapping::OfTerm(absl::string_view taxonomy, absl::string_view code, absl::string_view name) const {
  Meaning meaning;
  const auto found = taxonomies_.find(absl::AsciiStrToLower(taxonomy));
  if (found != taxonomies_.end()) {
    if (!found->second.gives_kinds) {
      if (!code.empty()) meaning.need = Coding{found->second.system, std::string(code), std::string(name)};
      return meaning;
    }
    const std::string kind = absl::AsciiStrToLower(code);
    if (IsKind(kind)) {
      meaning.kinds.push_back(kind);
      return meaning;
    }
  }
  meaning.kinds = KindsInText(name);
  return meaning;
}

std::vector<std::string> Mapping::KindsInText(absl::string_view text) const {
  const std::string lower = absl::AsciiStrToLower(text);
  std::vector<std::string> kinds;
  for (const auto& [word, kind] : words_) {
    if (BeginsAWord(lower, word) && std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  }
  return kinds;
}

std::optional<std::string> Mapping::Language(absl::string_view code, absl::string_view name) const {
  if (const auto known = languages_.find(absl::AsciiStrToLower(code)); known != languages_.end()) return known->second;
  if (IsTag(code)) {
    std::string tag(code);
    const std::size_t primary = PrimaryLanguage(code).size();
    for (std::size_t i = 0; i < primary; ++i) tag[i] = absl::ascii_tolower(static_cast<unsigned char>(tag[i]));
    return tag;
  }
  if (const auto known = languages_.find(absl::AsciiStrToLower(name)); known != languages_.end()) return known->second;
  return std::nullopt;
}

std::string PrimaryLanguage(absl::string_view tag) { return absl::AsciiStrToLower(tag.substr(0, tag.find('-'))); }

}  // namespace trellis::directory
