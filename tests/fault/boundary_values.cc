#include "tests/fault/boundary_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::fault {
namespace {

using google::protobuf::FieldDescriptor;
using options::v1::FieldPolicy;

constexpr char kUuid[] = "0190c5a2-7f3e-7c11-9d55-0123456789ab";

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

std::string Times(int count, const std::string& unit) {
  std::string text;
  for (int i = 0; i < count; ++i) text += unit;
  return text;
}

// A value that the wire does not carry is not set.
bool IsAllowedWhenNothing(const FieldDescriptor& field) { return !PolicyOf(field).required() && !field.is_repeated(); }

// Limits of the length in a form that allows any of `unit`.
void AddLengths(const FieldDescriptor& field, const std::string& name, const std::string& unit,
                std::vector<Value<std::string>>* values) {
  const int least = static_cast<int>(PolicyOf(field).min_length());
  const int most = static_cast<int>(PolicyOf(field).max_length());
  values->push_back({absl::StrCat("longest, ", name), Times(most, unit), true});
  values->push_back({absl::StrCat("one too many, ", name), Times(most + 1, unit), false});
  values->push_back({absl::StrCat("shortest, ", name), Times(std::max(1, least), unit), true});
  if (least > 1) values->push_back({absl::StrCat("one too few, ", name), Times(least - 1, unit), false});
}

void AddAll(const std::vector<std::string>& texts, bool is_allowed, std::vector<Value<std::string>>* values) {
  for (const std::string& text : texts) {
    values->push_back({absl::StrCat(is_allowed ? "in form: " : "out of form: ", text), text, is_allowed});
  }
}

// What no text may hold, brought to a length that the field allows.
void AddUnsafe(const FieldDescriptor& field, bool is_multiline, std::vector<Value<std::string>>* values) {
  const int least = static_cast<int>(PolicyOf(field).min_length());
  const auto add = [&](const char* what, const std::string& character, bool is_allowed) {
    values->push_back({what, Times(std::max(0, least - 1), "q") + character, is_allowed});
  };
  add("a NUL", std::string(1, '\0'), false);
  add("a control character", "\x01", false);
  add("an escape", "\x1B", false);
  add("a carriage return", "\r", false);
  add("a delete", "\x7F", false);
  add("a C1 control", "\xC2\x85", false);
  add("an embedding", "\xE2\x80\xAA", false);
  add("an override", "\xE2\x80\xAE", false);
  add("an isolate", "\xE2\x81\xA6", false);
  add("a newline", "\n", is_multiline);
  add("a tab", "\t", is_multiline);
  add("a left-to-right mark", "\xE2\x80\x8E", is_multiline);
  add("a right-to-left mark", "\xE2\x80\x8F", is_multiline);
  add("an Arabic letter mark", "\xD8\x9C", is_multiline);
}

void AddFreeText(const FieldDescriptor& field, bool is_multiline, std::vector<Value<std::string>>* values) {
  AddLengths(field, "letters", "q", values);
  AddLengths(field, "letters of two bytes", "\xC3\xA9", values);
  AddLengths(field, "letters of three bytes", "\xE0\xA4\x95", values);
  AddLengths(field, "characters of four bytes", "\xF0\x9F\x98\x80", values);
  AddLengths(field, "marks that combine", "\xCC\x81", values);
  AddUnsafe(field, is_multiline, values);
}

void AddNames(const FieldDescriptor& field, const Names& names, std::vector<Value<std::string>>* values) {
  const std::string collection = PolicyOf(field).collection();
  const auto known = names.find(collection);
  if (known != names.end()) values->push_back({"a known name", known->second, true});
  AddAll({absl::StrCat(collection, "/", kUuid)}, true, values);
  AddAll({kUuid, collection, absl::StrCat(collection, "/"), absl::StrCat("/", kUuid), absl::StrCat("nothings/", kUuid),
          absl::StrCat(collection, "/", kUuid, "/"), absl::StrCat(collection, "/", kUuid, "/x"),
          absl::StrCat(collection, "//", kUuid), absl::StrCat(" ", collection, "/", kUuid),
          absl::StrCat(collection, "/", kUuid, "\n"), absl::StrCat(collection, "/../", kUuid),
          absl::StrCat(collection, "/1' OR '1'='1"), absl::StrCat(collection, "/{", kUuid, "}"),
          absl::StrCat(collection, "/", std::string(kUuid).substr(1)),
          absl::StrCat(collection, "/", std::string(900, 'a')),
          absl::StrCat(collection, "/", std::string(kUuid).substr(0, 35), std::string(1, '\0'))},
         false, values);
}

void AddUuids(std::vector<Value<std::string>>* values) {
  AddAll({kUuid}, true, values);
  AddAll({"not-a-uuid", "0190c5a2-7f3e-7c11-9d55-0123456789ag", "0190c5a27f3e7c119d550123456789ab",
          std::string(36, '-'), absl::StrCat("{", kUuid, "}"), absl::StrCat(kUuid, "0"), std::string(kUuid).substr(1),
          absl::StrCat(std::string(kUuid).substr(0, 35), std::string(1, '\0'))},
         false, values);
}

void AddEmails(const FieldDescriptor& field, std::vector<Value<std::string>>* values) {
  const std::string domain = "@example.org";
  const std::size_t most = PolicyOf(field).max_length();
  values->push_back({"longest address", std::string(most - domain.size(), 'q') + domain, true});
  values->push_back({"one too many", std::string(most - domain.size() + 1, 'q') + domain, false});
  AddAll({"a@b.co", "first.last+tag@mail.example.org"}, true, values);
  AddAll(
      {"nobody", "@b.co", "a@b", "a@.co", "a@b.", "a@b@c.co", "a b@c.co", "a@b..co", "<a@b.co>", "a@b.co\n", "a@b.co,"},
      false, values);
}

// Both ends of a range of whole numbers, as far as the type goes.
template <class T>
std::vector<T> Candidates(const FieldPolicy& policy, T least, T most) {
  std::vector<T> out = {least, most, 0, 1};
  if (least < 0) out.push_back(static_cast<T>(-1));
  const auto add = [&](std::int64_t value, int step) {
    const __int128 wanted = static_cast<__int128>(value) + step;
    if (wanted >= static_cast<__int128>(least) && wanted <= static_cast<__int128>(most)) {
      out.push_back(static_cast<T>(wanted));
    }
  };
  for (const int step : {-1, 0, 1}) {
    if (policy.has_min()) add(policy.min(), step);
    if (policy.has_max()) add(policy.max(), step);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

template <class T>
std::vector<Value<T>> Judged(const FieldDescriptor& field, T least, T most) {
  const FieldPolicy& policy = PolicyOf(field);
  std::vector<Value<T>> values;
  for (const T value : Candidates<T>(policy, least, most)) {
    const __int128 wide = static_cast<__int128>(value);
    bool is_allowed = (!policy.has_min() || wide >= policy.min()) && (!policy.has_max() || wide <= policy.max());
    if (value == 0 && !field.has_presence() && !field.is_repeated()) is_allowed = !policy.required();
    values.push_back({absl::StrCat("the number ", value), value, is_allowed});
  }
  return values;
}

}  // namespace

std::vector<Value<std::string>> TextValues(const FieldDescriptor& field, const Names& names) {
  std::vector<Value<std::string>> values = {{"empty", "", IsAllowedWhenNothing(field)}};
  switch (PolicyOf(field).format()) {
    case options::v1::FORMAT_NAME:
      AddNames(field, names, &values);
      break;
    case options::v1::FORMAT_UUID:
      AddUuids(&values);
      break;
    case options::v1::FORMAT_CODE:
      AddLengths(field, "letters", "q", &values);
      AddAll({".q", "-q", "q q", "q/q", "q;", "q'", "\xC3\xA9q", "q\n", std::string("q\0q", 3)}, false, &values);
      break;
    case options::v1::FORMAT_LANGUAGE:
      AddAll({"en", "ur-PK"}, true, &values);
      AddAll({"e", "1nglish", "en_GB", "en-", "-en", "en--GB", "en-\xC3\xA9", "en\n", std::string(300, 'e')}, false,
             &values);
      break;
    case options::v1::FORMAT_EMAIL:
      AddEmails(field, &values);
      break;
    default:
      AddFreeText(field, PolicyOf(field).format() == options::v1::FORMAT_MULTILINE, &values);
  }
  return values;
}

std::vector<Value<std::string>> BytesValues(const FieldDescriptor& field) {
  std::vector<Value<std::string>> values = {{"empty", "", IsAllowedWhenNothing(field)}};
  AddLengths(field, "bytes", std::string(1, '\xFF'), &values);
  return values;
}

std::vector<Value<std::int64_t>> WholeValues(const FieldDescriptor& field) {
  using Narrow = std::numeric_limits<std::int32_t>;
  using Wide = std::numeric_limits<std::int64_t>;
  const bool is_wide = field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  return Judged<std::int64_t>(field, is_wide ? Wide::min() : Narrow::min(), is_wide ? Wide::max() : Narrow::max());
}

std::vector<Value<std::uint64_t>> UnsignedValues(const FieldDescriptor& field) {
  const bool is_wide = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
  return Judged<std::uint64_t>(
      field, 0, is_wide ? std::numeric_limits<std::uint64_t>::max() : std::numeric_limits<std::uint32_t>::max());
}

std::vector<Value<double>> FractionValues(const FieldDescriptor& field) {
  const FieldPolicy& policy = PolicyOf(field);
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> candidates = {
      std::nan(""), infinity, -infinity, -0.0, 1e300, -1e300, std::numeric_limits<double>::denorm_min()};
  for (const double limit : {policy.min_value(), policy.max_value()}) {
    candidates.insert(candidates.end(), {std::nextafter(limit, -infinity), limit, std::nextafter(limit, infinity)});
  }
  std::vector<Value<double>> values;
  for (const double value : candidates) {
    bool is_allowed = std::isfinite(value) && (!policy.has_min_value() || value >= policy.min_value()) &&
                      (!policy.has_max_value() || value <= policy.max_value());
    const bool is_nothing = value == 0 && !std::signbit(value) && !field.has_presence() && !field.is_repeated();
    if (is_nothing) is_allowed = !policy.required();
    values.push_back({absl::StrCat("the number ", value), value, is_allowed});
  }
  return values;
}

std::vector<Value<int>> EnumValues(const FieldDescriptor& field) {
  std::vector<Value<int>> values;
  int greatest = 0;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const int number = field.enum_type()->value(i)->number();
    greatest = std::max(greatest, number);
    const bool is_allowed = number != 0 || IsAllowedWhenNothing(field);
    values.push_back({field.enum_type()->value(i)->name(), number, is_allowed});
  }
  for (const int unknown : {greatest + 1, -1, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    values.push_back({absl::StrCat("the unknown value ", unknown), unknown, false});
  }
  return values;
}

std::vector<Value<TimeParts>> TimestampValues() {
  constexpr std::int64_t kFirst = -62'135'596'800, kLast = 253'402'300'799;
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  return {{"the first time", {kFirst, 0}, true},
          {"the last time", {kLast, 999'999'999}, true},
          {"before 1970", {-1, 999'999'999}, true},
          {"a day that does not exist in 32 bits", {std::int64_t{1} << 31, 0}, true},
          {"before the first time", {kFirst - 1, 999'999'999}, false},
          {"after the last time", {kLast + 1, 0}, false},
          {"the least number of seconds", {kLeast, 0}, false},
          {"the greatest number of seconds", {kMost, 0}, false},
          {"nanoseconds below zero", {0, -1}, false},
          {"a second of nanoseconds", {0, 1'000'000'000}, false},
          {"the least number of nanoseconds", {0, std::numeric_limits<std::int32_t>::min()}, false},
          {"the greatest number of nanoseconds", {0, std::numeric_limits<std::int32_t>::max()}, false}};
}

std::vector<Value<TimeParts>> DurationValues(const FieldDescriptor& field) {
  const std::int64_t least = PolicyOf(field).min(), most = PolicyOf(field).max();
  return {{"the shortest", {least, 0}, true},
          {"the longest", {most, 0}, true},
          {"a second too short", {least - 1, 0}, false},
          {"a nanosecond too long", {most, 1}, false},
          {"a second too long", {most + 1, 0}, false},
          {"the least number of seconds", {std::numeric_limits<std::int64_t>::min(), 0}, false},
          {"the greatest number of seconds", {std::numeric_limits<std::int64_t>::max(), 0}, false},
          {"signs that contradict each other", {most, -1}, false},
          {"a second of nanoseconds", {most, 1'000'000'000}, false}};
}

std::vector<Value<std::vector<std::string>>> MaskValues() {
  return {{"most paths", std::vector<std::string>(100, "name"), true},
          {"one path too many", std::vector<std::string>(101, "name"), false},
          {"the longest path", {std::string(255, 'a')}, true},
          {"a path that is too long", {std::string(256, 'a')}, false},
          {"an empty path", {""}, false},
          {"a path of SQL", {"name' OR '1'='1"}, false},
          {"a path with a NUL", {std::string("a\0b", 3)}, false}};
}

std::vector<Value<int>> Sizes(const FieldDescriptor& field) {
  const FieldPolicy& policy = PolicyOf(field);
  const int least = static_cast<int>(policy.min_items()), most = static_cast<int>(policy.max_items());
  std::vector<Value<int>> sizes = {{"no element", 0, least == 0 && !policy.required()},
                                   {"most elements", most, true},
                                   {"one element too many", most + 1, false}};
  if (least > 1) sizes.push_back({"one element too few", least - 1, false});
  if (least > 0) sizes.push_back({"least elements", least, true});
  return sizes;
}

const std::vector<std::string>& NotUtf8() {
  static const auto* const texts = new std::vector<std::string>{
      "\xC0\xAF",     "\xE0\x80\xAF",     "\xF0\x80\x80\xAF",     "\xED\xA0\x80", "\xED\xBF\xBF", "q\xE2\x82",
      "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\x80",         "\xFF\xFE",     "q\xC3"};
  return *texts;
}

}  // namespace trellis::fault
