// What an authenticator app on somebody's phone does.
#ifndef TRELLIS_TESTS_SUPPORT_AUTHENTICATOR_APP_H_
#define TRELLIS_TESTS_SUPPORT_AUTHENTICATOR_APP_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/crypto/totp.h"

namespace trellis::testing {

// The seed in the text that is typed in (Base32).
inline std::string SeedOf(absl::string_view secret) {
  std::string seed;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : secret) {
    bits = (bits << 5) | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
    if ((count += 5) < 8) continue;
    count -= 8;
    seed.push_back(static_cast<char>((bits >> count) & 0xFF));
  }
  return seed;
}

// The code that is shown `steps` from now.
inline std::string CodeAt(absl::string_view seed, absl::Time now, int steps = 0) {
  return crypto::TotpCode(seed, crypto::TotpStepAt(now) + steps);
}

}  // namespace trellis::testing

#endif  // TRELLIS_TESTS_SUPPORT_AUTHENTICATOR_APP_H_
