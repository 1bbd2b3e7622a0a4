#include "common/crypto/password.h"

#include <argon2.h>

#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace trellis::crypto {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kMaxPhcBytes = 256;
// A stored hash never makes us spend more than this, whatever it claims.
constexpr std::uint32_t kMaxMemoryKib = 1U << 20;
constexpr std::uint32_t kMaxPasses = 64;
constexpr std::uint32_t kMaxLanes = 16;

std::optional<std::uint32_t> Parameter(absl::string_view text, absl::string_view prefix) {
  std::uint32_t value = 0;
  if (!absl::ConsumePrefix(&text, prefix) || !absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

// "$argon2id$v=19$m=65536,t=3,p=1$salt$hash"
std::optional<PasswordHashing> ParametersOf(absl::string_view phc) {
  if (phc.size() > kMaxPhcBytes) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(phc, '$');
  if (parts.size() != 6 || !parts[0].empty() || parts[1] != "argon2id" || parts[2] != "v=19") return std::nullopt;
  const std::vector<absl::string_view> costs = absl::StrSplit(parts[3], ',');
  if (costs.size() != 3) return std::nullopt;
  const auto memory = Parameter(costs[0], "m=");
  const auto passes = Parameter(costs[1], "t=");
  const auto lanes = Parameter(costs[2], "p=");
  if (!memory || !passes || !lanes) return std::nullopt;
  if (*memory > kMaxMemoryKib || *passes > kMaxPasses || *lanes > kMaxLanes) return std::nullopt;
  return PasswordHashing{*memory, *passes, *lanes};
}

}  // namespace

absl::StatusOr<std::string> HashPassword(absl::string_view password, RandomSource& random,
                                         const PasswordHashing& hashing) {
  if (password.size() > kMaxPasswordBytes) return absl::InvalidArgumentError("the password is too long");
  const std::string salt = random.Bytes(kSaltBytes);
  std::string phc(
      argon2_encodedlen(hashing.passes, hashing.memory_kib, hashing.lanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
  const int result =
      argon2id_hash_encoded(hashing.passes, hashing.memory_kib, hashing.lanes, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, phc.data(), phc.size());
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) return absl::ResourceExhaustedError("no memory to hash a password");
  if (result != ARGON2_OK) return absl::InternalError(argon2_error_message(result));
  phc.resize(phc.find('\0') == std::string::npos ? phc.size() : phc.find('\0'));
  return phc;
}

bool VerifyPassword(absl::string_view phc, absl::string_view password) {
  if (password.size() > kMaxPasswordBytes || !ParametersOf(phc).has_value()) return false;
  return argon2id_verify(std::string(phc).c_str(), password.data(), password.size()) == ARGON2_OK;
}

bool NeedsRehash(absl::string_view phc, const PasswordHashing& hashing) {
  const std::optional<PasswordHashing> used = ParametersOf(phc);
  return !used.has_value() || used->memory_kib < hashing.memory_kib || used->passes < hashing.passes ||
         used->lanes < hashing.lanes;
}

}  // namespace trellis::crypto
