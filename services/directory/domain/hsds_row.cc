#include "services/directory/domain/hsds_row.h"

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"
#include "services/directory/domain/calendar.h"

namespace trellis::directory {
namespace {

using Json = nlohmann::json;

std::string IdentityOf(const Json& object) {
  const auto id = object.is_object() ? object.find("id") : object.end();
  return object.is_object() && id != object.end() && id->is_string() ? id->get<std::string>() : std::string();
}

}  // namespace

void Problems::Add(Problem problem, absl::string_view identity) {
  if (!identity.empty() && !seen_.emplace(problem.table, std::string(identity)).second) return;
  ++count_;
  ++by_table_[problem.table];
  if (kept_.size() < kKept) kept_.push_back(std::move(problem));
}

int Problems::CountOf(const std::string& table) const {
  const auto found = by_table_.find(table);
  return found == by_table_.end() ? 0 : found->second;
}

HsdsRow::HsdsRow(const Json& object, std::string path, std::string table, Problems& problems)
    : object_(&object), path_(std::move(path)), table_(std::move(table)), problems_(&problems) {
  if (!object.is_object()) {
    Fail("", "WRONG_TYPE", "a row is a JSON object");
    return;
  }
  const auto moved = object.find(kPathMember);
  if (moved != object.end() && moved->is_string()) path_ = moved->get<std::string>();
}

void HsdsRow::Fail(absl::string_view key, absl::string_view reason, absl::string_view description) {
  if (!ok_) return;
  ok_ = false;
  std::string path = key.empty() ? path_ : absl::StrCat(path_, "/", key);
  problems_->Add({std::move(path), table_, std::string(reason), std::string(description)}, IdentityOf(*object_));
}

const Json* HsdsRow::Find(const char* key) const {
  if (!object_->is_object()) return nullptr;
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

std::string HsdsRow::Clean(const char* key, std::size_t max, bool single_line) {
  const Json* value = Find(key);
  if (value == nullptr) return "";
  if (!value->is_string()) {
    Fail(key, "WRONG_TYPE", "must be text");
    return "";
  }
  std::string text = value->get<std::string>();
  absl::StrReplaceAll({{"\r\n", "\n"}, {"\r", "\n"}}, &text);
  if (single_line) {
    absl::RemoveExtraAsciiWhitespace(&text);
  } else {
    absl::StripAsciiWhitespace(&text);
  }
  const std::optional<std::size_t> length = CountCodePoints(text);
  if (!length.has_value() || HasUnsafeCharacter(text) || (single_line && HasReadingMark(text))) {
    Fail(key, "BAD_TEXT", "holds control characters or is not UTF-8");
    return "";
  }
  if (*length > max) {
    Fail(key, "TOO_LONG", absl::StrCat("has ", *length, " characters, at most ", max, " are kept"));
    return "";
  }
  return text;
}

std::string HsdsRow::Line(const char* key, std::size_t max) { return Clean(key, max, /*single_line=*/true); }

std::string HsdsRow::RequiredLine(const char* key, std::size_t max) {
  std::string text = Line(key, max);
  if (text.empty()) Fail(key, "MISSING", "is required");
  return text;
}

std::string HsdsRow::Text(const char* key, std::size_t max) { return Clean(key, max, /*single_line=*/false); }

std::optional<double> HsdsRow::Number(const char* key, double min, double max) {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    Fail(key, "WRONG_TYPE", "must be a number");
    return std::nullopt;
  }
  const double number = value->get<double>();
  if (!std::isfinite(number) || number < min || number > max) {
    Fail(key, "OUT_OF_RANGE", absl::StrCat("must be ", min, " to ", max));
    return std::nullopt;
  }
  return number;
}

std::optional<int> HsdsRow::Whole(const char* key, int min, int max) {
  const std::optional<double> number = Number(key, min, max);
  if (!number.has_value()) return std::nullopt;
  if (*number != std::floor(*number)) {
    Fail(key, "WRONG_TYPE", "must be a whole number");
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

std::optional<absl::CivilDay> HsdsRow::Day(const char* key) {
  const std::string text = Line(key, 64);
  if (text.empty()) return std::nullopt;
  std::optional<absl::CivilDay> day = ParseDay(text);
  if (!day.has_value()) Fail(key, "BAD_DATE", "must be a day that exists, YYYY-MM-DD");
  return day;
}

std::string HsdsRow::TimeOfDay(const char* key) {
  const std::string text = Line(key, 64);
  if (text.empty()) return "";
  const std::optional<std::string> time = ParseTimeOfDay(text);
  if (!time.has_value()) Fail(key, "BAD_DATE", "must be a time of day, HH:MM");
  return time.value_or("");
}

std::string HsdsRow::OneOf(const char* key, std::initializer_list<absl::string_view> allowed) {
  const std::string text = absl::AsciiStrToLower(Line(key, 64));
  if (text.empty()) return "";
  for (const absl::string_view candidate : allowed) {
    if (text == candidate) return text;
  }
  Fail(key, "UNKNOWN_VALUE", "is none of the values that HSDS knows");
  return "";
}

std::optional<HsdsRow> HsdsRow::Child(const char* key, const char* table) {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  return HsdsRow(*value, absl::StrCat(path_, "/", key), table, *problems_);
}

std::vector<HsdsRow> HsdsRow::Children(const char* key, const char* table) {
  std::vector<HsdsRow> rows;
  const Json* value = Find(key);
  if (value == nullptr) return rows;
  if (!value->is_array()) {
    Fail(key, "WRONG_TYPE", "must be an array");
    return rows;
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    HsdsRow row((*value)[i], absl::StrCat(path_, "/", key, "/", i), table, *problems_);
    if (row.ok()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace trellis::directory
