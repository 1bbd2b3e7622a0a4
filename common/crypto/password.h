// Password hashing: argon2id (RFC 9106) in the PHC string form, which carries its own parameters and salt.
#ifndef TRELLIS_COMMON_CRYPTO_PASSWORD_H_
#define TRELLIS_COMMON_CRYPTO_PASSWORD_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/random.h"

namespace trellis::crypto {

// What is used for new hashes: 64 MiB and about 160 ms each, so callers bound how many run at once.
struct PasswordHashing {
  std::uint32_t memory_kib = 65536;
  std::uint32_t passes = 3;
  std::uint32_t lanes = 1;
};

// The longest password that is hashed; longer ones are refused before any work is done.
inline constexpr std::size_t kMaxPasswordBytes = 1024;

// 128-bit salt, 256-bit hash. Errors: INVALID_ARGUMENT (too long), RESOURCE_EXHAUSTED (no memory).
absl::StatusOr<std::string> HashPassword(absl::string_view password, RandomSource& random,
                                         const PasswordHashing& hashing = {});

// False for a wrong password and for a hash that is damaged or would cost absurdly much. Thread-safe.
bool VerifyPassword(absl::string_view phc, absl::string_view password);

// True where `phc` was made with weaker parameters than `hashing` (or is no argon2id hash): hash again at sign-in.
bool NeedsRehash(absl::string_view phc, const PasswordHashing& hashing = {});

}  // namespace trellis::crypto

#endif  // TRELLIS_COMMON_CRYPTO_PASSWORD_H_
