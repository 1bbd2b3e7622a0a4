#include "services/identity/domain/account_rules.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/error.h"

namespace trellis::identity {
namespace {

constexpr int kFreeFailures = 4;
constexpr absl::Duration kLongestRest = absl::Minutes(15);

// `first`, doubled `times` times.
absl::Duration Doubled(absl::Duration first, int times) {
  return std::min(first * (std::int64_t{1} << std::min(times, 20)), kLongestRest);
}

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

absl::Duration RestAfterFailures(int failures) {
  if (failures <= kFreeFailures) return absl::ZeroDuration();
  return Doubled(absl::Seconds(1), failures - kFreeFailures - 1);
}

bool TakeTry(AccountTries& tries, absl::Time now) {
  if (tries.failures >= kMostFailuresInARow || now < tries.rest_until) return false;
  if (now - tries.hour_start >= absl::Hours(1)) {
    tries.hour_start = now;
    tries.hour_failures = 0;
  }
  ++tries.failures;
  ++tries.hour_failures;
  if (tries.hour_failures > kFreeTriesInAnHour) {
    tries.rest_until = now + Doubled(absl::Seconds(30), tries.hour_failures - kFreeTriesInAnHour - 1);
  }
  return true;
}

void EndRow(AccountTries& tries) { tries.failures = 0; }

void GiveBack(AccountTries& tries, bool signed_in) {
  tries.failures = signed_in ? 0 : std::max(tries.failures - 1, 0);
  tries.hour_failures = std::max(tries.hour_failures - 1, 0);
  // A rest that the tries of others have earned stays.
  if (signed_in || tries.hour_failures <= kFreeTriesInAnHour) tries.rest_until = absl::UnixEpoch();
}

}  // namespace trellis::identity
