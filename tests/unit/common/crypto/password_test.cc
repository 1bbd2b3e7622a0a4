#include "common/crypto/password.h"

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace trellis::crypto {
namespace {

constexpr PasswordHashing kQuick = {.memory_kib = 64, .passes = 1, .lanes = 1};

std::string Hash(absl::string_view password, const PasswordHashing& hashing = kQuick) {
  return *HashPassword(password, SystemRandom(), hashing);
}

TEST(Password, IsVerifiedByItsHashAlone) {
  const std::string phc = Hash("correct horse battery staple");
  EXPECT_TRUE(absl::StartsWith(phc, "$argon2id$v=19$m=64,t=1,p=1$")) << phc;
  EXPECT_TRUE(VerifyPassword(phc, "correct horse battery staple"));
  EXPECT_FALSE(VerifyPassword(phc, "correct horse battery stapl"));
  EXPECT_FALSE(VerifyPassword(phc, "correct horse battery staple "));
  EXPECT_FALSE(VerifyPassword(phc, ""));
}

TEST(Password, EveryByteCounts) {
  std::string password(200, 'x');
  password[3] = '\0';
  const std::string phc = Hash(password);
  EXPECT_TRUE(VerifyPassword(phc, password));
  password[150] = 'y';
  EXPECT_FALSE(VerifyPassword(phc, password));
}

TEST(Password, SameSecretNeverHashesToTheSameText) { EXPECT_NE(Hash("secret"), Hash("secret")); }

TEST(Password, RefusesToHashAMegabyte) {
  const std::string huge(1 << 20, 'x');
  EXPECT_EQ(HashPassword(huge, SystemRandom(), kQuick).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(VerifyPassword(Hash("x"), huge));
}

TEST(Password, ADamagedOrExcessiveHashVerifiesNothing) {
  const std::string good = Hash("secret");
  for (const std::string& bad :
       {std::string(), std::string("secret"), good.substr(0, good.size() - 1), good.substr(1),
        absl::StrReplaceAll(good, {{"argon2id", "argon2i"}}), absl::StrReplaceAll(good, {{"v=19", "v=16"}}),
        absl::StrReplaceAll(good, {{"m=64", "m=4294967295"}}), absl::StrReplaceAll(good, {{"t=1", "t=100000"}}),
        absl::StrReplaceAll(good, {{"p=1", "p=99"}}), absl::StrReplaceAll(good, {{"m=64", "m=65"}})}) {
    EXPECT_FALSE(VerifyPassword(bad, "secret")) << bad;
  }
}

TEST(Password, IsHashedAgainWhenParametersGrew) {
  const std::string phc = Hash("secret");
  EXPECT_FALSE(NeedsRehash(phc, kQuick));
  EXPECT_TRUE(NeedsRehash(phc, {.memory_kib = 128, .passes = 1, .lanes = 1}));
  EXPECT_TRUE(NeedsRehash(phc, {.memory_kib = 64, .passes = 2, .lanes = 1}));
  EXPECT_FALSE(NeedsRehash(phc, {.memory_kib = 32, .passes = 1, .lanes = 1}));
  EXPECT_TRUE(NeedsRehash("$2y$10$abcdefghijklmnopqrstuv", kQuick));
}

TEST(Password, NewHashesCostWhatTheyShould) {
  const std::string phc = *HashPassword("secret", SystemRandom());
  EXPECT_TRUE(absl::StartsWith(phc, "$argon2id$v=19$m=65536,t=3,p=1$")) << phc;
  EXPECT_TRUE(VerifyPassword(phc, "secret"));
}

}  // namespace
}  // namespace trellis::crypto
