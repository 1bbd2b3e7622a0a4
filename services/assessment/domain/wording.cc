#include "services/assessment/domain/wording.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "services/assessment/domain/json_reader.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;
using TextByCode = std::map<std::string, std::string>;

struct WordingFile {
  std::string instrument;
  int version = 0;
  std::string language;
  std::string permission;
  TextByCode items;
  TextByCode options;
};

TextByCode ParseTexts(ObjectReader& parent, const char* key, Problems* problems) {
  TextByCode texts;
  const json* value = parent.Raw(key);
  if (value == nullptr) return texts;
  ObjectReader reader(*value, parent.PathOf(key), problems);
  if (!value->is_object()) return texts;
  for (const auto& [code, text] : value->items()) texts[code] = reader.Text(code.c_str());
  return texts;
}

WordingFile ParseWording(const json& value, Problems* problems) {
  ObjectReader reader(value, "", problems);
  WordingFile wording;
  wording.instrument = reader.Code("instrument");
  wording.version = static_cast<int>(reader.Integer("version"));
  wording.language = reader.Code("language");
  wording.permission = reader.OptionalText("permission");
  wording.items = ParseTexts(reader, "items", problems);
  wording.options = ParseTexts(reader, "options", problems);
  reader.Finish();
  return wording;
}

void Apply(const WordingFile& wording, Instrument* instrument, Problems* problems) {
  TextByCode items = wording.items;
  TextByCode options = wording.options;
  for (Item& item : instrument->items) {
    if (const auto it = wording.items.find(item.code); it != wording.items.end()) {
      item.wordings.push_back({wording.language, it->second});
      items.erase(item.code);
    }
    for (Option& option : item.options) {
      if (const auto it = wording.options.find(option.code); it != wording.options.end()) {
        option.wordings.push_back({wording.language, it->second});
        options.erase(option.code);
      }
    }
  }
  for (const auto& [code, text] : items) problems->Add(absl::StrCat("items.", code), "there is no such item");
  for (const auto& [code, text] : options) problems->Add(absl::StrCat("options.", code), "there is no such option");
}

}  // namespace

absl::Status ApplyWording(const EmbeddedFile& file, absl::FunctionRef<Instrument*(const std::string&, int)> find) {
  const absl::StatusOr<json> value = ParseJson(file.content);
  if (!value.ok()) return absl::InvalidArgumentError(absl::StrCat(file.name, ": ", value.status().message()));
  Problems problems;
  const WordingFile wording = ParseWording(*value, &problems);
  if (!problems.empty()) return problems.ToStatus(file.name);
  Instrument* instrument = find(wording.instrument, wording.version);
  if (instrument == nullptr) {
    problems.Add("instrument",
                 absl::StrCat("there is no version ", wording.version, " of \"", wording.instrument, "\""));
  } else if (instrument->licence.gate == Licence::Gate::kPermissionRequired && wording.permission.empty()) {
    problems.Add("permission", "must say which permission allows this wording to be shown");
  } else {
    Apply(wording, instrument, &problems);
  }
  return problems.ToStatus(file.name);
}

}  // namespace trellis::assessment
