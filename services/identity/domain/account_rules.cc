#include "services/identity/domain/account_rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/text.h"

namespace trellis::identity {
namespace {

constexpr std::size_t kLeastWithoutSecondFactor = 15;
constexpr std::size_t kLeastWithSecondFactor = 8;
constexpr std::size_t kLeastDifferentBytes = 5;
constexpr int kFreeFailures = 4;
constexpr absl::Duration kLongestRest = absl::Minutes(15);

absl::Status Unfit(absl::string_view field, absl::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "PASSWORD_UNFIT", absl::StrCat("The password ", why, "."))
      .Field(field, why);
}

// The part of a login name that somebody would put into a password.
std::string LocalPart(absl::string_view login) { return std::string(login.substr(0, login.find('@'))); }

}  // namespace

absl::Status ValidateLogin(absl::string_view login, absl::string_view field) {
  const std::size_t at = login.find('@');
  const bool printable = std::all_of(login.begin(), login.end(),
                                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
  const bool one_at = at != absl::string_view::npos && at == login.rfind('@');
  if (!printable || !one_at || at == 0 || login.size() > 254 || login.substr(at).find('.') == absl::string_view::npos ||
      absl::EndsWith(login, ".") || absl::StrContains(login, "@.")) {
    return InvalidField(field, "must have the form of an e-mail address in ASCII");
  }
  return absl::OkStatus();
}

absl::Status ValidatePassword(absl::string_view password, absl::string_view canonical_login, bool second_factor,
                              absl::string_view field) {
  const std::optional<std::size_t> length = CountCodePoints(password);
  if (!length.has_value()) return Unfit(field, "must be well-formed UTF-8");
  const std::size_t least = second_factor ? kLeastWithSecondFactor : kLeastWithoutSecondFactor;
  if (*length < least) return Unfit(field, absl::StrCat("must have at least ", least, " characters"));
  if (absl::StrContains(password, '\0')) return Unfit(field, "must not hold a NUL character");
  if (std::set<char>(password.begin(), password.end()).size() < kLeastDifferentBytes) {
    return Unfit(field, "must not be made of so few different characters");
  }
  const std::string folded = absl::AsciiStrToLower(password);
  const std::string local = LocalPart(canonical_login);
  if (local.size() >= 3 && absl::StrContains(folded, local)) return Unfit(field, "must not contain the login name");
  if (absl::StrContains(folded, "trellis")) return Unfit(field, "must not contain the name of this product");
  return absl::OkStatus();
}

absl::Duration RestAfterFailures(int failures) {
  if (failures <= kFreeFailures) return absl::ZeroDuration();
  const int doublings = std::min(failures - kFreeFailures - 1, 20);
  return std::min(absl::Seconds(1) * (std::int64_t{1} << doublings), kLongestRest);
}

}  // namespace trellis::identity
