#include "common/crypto/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdlib>

#include "absl/strings/str_format.h"
#include "common/crypto/digest.h"

namespace trellis::crypto {
namespace {

constexpr std::uint32_t kModulus = 1'000'000;  // ten to the power of kTotpDigits

using Mac = std::array<unsigned char, 20>;

Mac HmacSha1(absl::string_view key, std::int64_t counter) {
  std::array<unsigned char, 8> message{};
  for (std::size_t i = 0; i < message.size(); ++i) {
    message[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(counter) >> (56 - 8 * i));
  }
  Mac mac{};
  unsigned int size = 0;
  if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), mac.data(), &size) ==
          nullptr ||
      size != mac.size()) {
    std::abort();  // only a broken OpenSSL gets here; a code made of zeros would be worse
  }
  return mac;
}

}  // namespace

std::int64_t TotpStepAt(absl::Time now) { return absl::ToUnixSeconds(now) / absl::ToInt64Seconds(kTotpStep); }

std::string TotpCode(absl::string_view seed, std::int64_t step) {
  const Mac mac = HmacSha1(seed, step);
  // Dynamic truncation (RFC 4226 section 5.3).
  const std::size_t at = mac.back() & 0x0F;
  const std::uint32_t number = (std::uint32_t{mac[at]} & 0x7F) << 24 | std::uint32_t{mac[at + 1]} << 16 |
                               std::uint32_t{mac[at + 2]} << 8 | std::uint32_t{mac[at + 3]};
  return absl::StrFormat("%06u", number % kModulus);
}

std::optional<std::int64_t> MatchTotp(absl::string_view seed, absl::string_view code, absl::Time now,
                                      std::int64_t last_step) {
  const std::int64_t present = TotpStepAt(now);
  std::optional<std::int64_t> found;
  for (std::int64_t step = present - 1; step <= present + 1; ++step) {
    if (ConstantTimeEquals(TotpCode(seed, step), code) && step > last_step) found = step;
  }
  return found;
}

}  // namespace trellis::crypto
