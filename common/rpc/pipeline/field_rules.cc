#include "common/rpc/pipeline/field_rules.h"

#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/id.h"
#include "common/base/text.h"

namespace trellis::rpc {
namespace {

using options::v1::FieldPolicy;

constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31
constexpr std::int64_t kLongestDuration = 315'576'000'000;
constexpr std::int32_t kLastNano = 999'999'999;
constexpr std::size_t kLongestPath = 255;

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

bool IsCode(absl::string_view text) {
  if (!IsAlnum(text[0])) return false;
  for (const char c : text) {
    if (!IsAlnum(c) && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

bool IsLanguage(absl::string_view text) {
  bool first = true;
  for (const absl::string_view part : absl::StrSplit(text, '-')) {
    if (part.empty() || part.size() > 8 || (first && part.size() < 2)) return false;
    for (const char c : part) {
      if (first ? !absl::ascii_isalpha(static_cast<unsigned char>(c)) : !IsAlnum(c)) return false;
    }
    first = false;
  }
  return true;
}

bool IsEmail(absl::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == absl::string_view::npos || text.find('@', at + 1) != absl::string_view::npos) return false;
  const absl::string_view domain = text.substr(at + 1);
  const std::size_t dot = domain.rfind('.');
  if (dot == absl::string_view::npos || dot == 0 || dot + 1 == domain.size() || domain[0] == '.' ||
      domain.find("..") != absl::string_view::npos) {
    return false;
  }
  return text.find_first_of(" \t\n<>\"(),:;\\[]") == absl::string_view::npos;
}

bool IsName(absl::string_view text, const std::string& collection) {
  const std::size_t slash = text.find('/');
  const std::optional<absl::string_view> id =
      StripCollection(text, collection.empty() ? text.substr(0, slash) : absl::string_view(collection));
  return id.has_value() && Id::Parse(*id).ok();
}

std::string WrongWithFormat(const FieldPolicy& policy, absl::string_view text) {
  switch (policy.format()) {
    case options::v1::FORMAT_NAME:
      if (IsName(text, policy.collection())) return "";
      return absl::StrCat("must have the form \"",
                          policy.collection().empty() ? std::string("<collection>") : policy.collection(), "/<UUID>\"");
    case options::v1::FORMAT_UUID:
      return Id::Parse(text).ok() ? "" : "must be a UUID of 36 characters";
    case options::v1::FORMAT_CODE:
      return IsCode(text) ? "" : "must consist of letters, digits, '.', '_' and '-' and begin with a letter or digit";
    case options::v1::FORMAT_LANGUAGE:
      return IsLanguage(text) ? "" : "must be a language tag such as \"en\" or \"ur-PK\"";
    case options::v1::FORMAT_EMAIL:
      return IsEmail(text) ? "" : "must be an e-mail address";
    case options::v1::FORMAT_MULTILINE:
      return "";
    default:
      if (text.find_first_of("\n\t") != absl::string_view::npos) return "must not hold line breaks or tabs";
      return HasReadingMark(text) ? "must not hold marks that say in which direction to read" : "";
  }
}

}  // namespace

std::string WrongWithText(const FieldPolicy& policy, absl::string_view text) {
  // Code points are never more than bytes: short text need not be counted.
  if (policy.max_length() > 0 && text.size() > policy.max_length()) {
    const std::optional<std::size_t> count = CountCodePoints(text);
    if (!count.has_value() || *count > policy.max_length()) {
      return absl::StrCat("must have at most ", policy.max_length(), " characters");
    }
  }
  if (text.empty()) return "";
  if (policy.min_length() > 0 && CountCodePoints(text).value_or(0) < policy.min_length()) {
    return absl::StrCat("must have at least ", policy.min_length(), " characters");
  }
  if (HasUnsafeCharacter(text)) {
    return "must be well-formed text without control characters and without marks that turn the reading direction";
  }
  return WrongWithFormat(policy, text);
}

std::string WrongWithBytes(const FieldPolicy& policy, absl::string_view bytes) {
  if (policy.max_length() > 0 && bytes.size() > policy.max_length()) {
    return absl::StrCat("must have at most ", policy.max_length(), " bytes");
  }
  if (!bytes.empty() && bytes.size() < policy.min_length()) {
    return absl::StrCat("must have at least ", policy.min_length(), " bytes");
  }
  return "";
}

std::string WrongWithInteger(const FieldPolicy& policy, std::int64_t value) {
  if (policy.has_min() && value < policy.min()) return absl::StrCat("must be at least ", policy.min());
  if (policy.has_max() && value > policy.max()) return absl::StrCat("must be at most ", policy.max());
  return "";
}

std::string WrongWithUnsigned(const FieldPolicy& policy, std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return WrongWithInteger(policy, static_cast<std::int64_t>(value));
  }
  return policy.has_max() ? absl::StrCat("must be at most ", policy.max()) : "";
}

std::string WrongWithNumber(const FieldPolicy& policy, double value) {
  if (!std::isfinite(value)) return "must be a finite number";
  if (policy.has_min_value() && value < policy.min_value()) {
    return absl::StrCat("must be at least ", policy.min_value());
  }
  if (policy.has_max_value() && value > policy.max_value()) {
    return absl::StrCat("must be at most ", policy.max_value());
  }
  return "";
}

std::string WrongWithTime(std::int64_t seconds, std::int32_t nanos) {
  if (seconds >= kFirstSecond && seconds <= kLastSecond && nanos >= 0 && nanos <= kLastNano) return "";
  return "must be a time between the years 1 and 9999";
}

std::string WrongWithDuration(const FieldPolicy& policy, std::int64_t seconds, std::int32_t nanos) {
  if (seconds < -kLongestDuration || seconds > kLongestDuration || nanos < -kLastNano || nanos > kLastNano ||
      (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) {
    return "must be a duration of at most 10,000 years";
  }
  if (policy.has_min() && (seconds < policy.min() || (seconds == policy.min() && nanos < 0))) {
    return absl::StrCat("must be at least ", policy.min(), " s");
  }
  if (policy.has_max() && (seconds > policy.max() || (seconds == policy.max() && nanos > 0))) {
    return absl::StrCat("must be at most ", policy.max(), " s");
  }
  return "";
}

std::string WrongWithPath(absl::string_view path) {
  const bool is_path = !path.empty() && path.size() <= kLongestPath &&
                       path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.*") == absl::string_view::npos;
  return is_path ? "" : "must hold paths of fields, such as \"display_name\"";
}

}  // namespace trellis::rpc
