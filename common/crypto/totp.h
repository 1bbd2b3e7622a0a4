// One-time codes as authenticator apps make them (RFC 6238 over RFC 4226): HMAC-SHA-1, a step of 30 seconds, six
// digits.
#ifndef TRELLIS_COMMON_CRYPTO_TOTP_H_
#define TRELLIS_COMMON_CRYPTO_TOTP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace trellis::crypto {

inline constexpr absl::Duration kTotpStep = absl::Seconds(30);
inline constexpr std::size_t kTotpSeedBytes = 20;  // 160 bits: what RFC 4226 asks for, and the size of a SHA-1
inline constexpr std::size_t kTotpDigits = 6;

// Thread-safe, like everything here.
std::int64_t TotpStepAt(absl::Time now);
std::string TotpCode(absl::string_view seed, std::int64_t step);

// The step that `code` belongs to: the present one, the one before or the one after it, for a clock that goes wrong by
// half a minute. Only steps behind `last_step` count, the one whose code was used last. Takes the same time for every
// text of six characters.
std::optional<std::int64_t> MatchTotp(absl::string_view seed, absl::string_view code, absl::Time now,
                                      std::int64_t last_step);

}  // namespace trellis::crypto

#endif  // TRELLIS_COMMON_CRYPTO_TOTP_H_
