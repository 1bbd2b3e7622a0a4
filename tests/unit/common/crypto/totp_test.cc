#include "common/crypto/totp.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "common/crypto/base32.h"
#include "gtest/gtest.h"

namespace trellis::crypto {
namespace {

constexpr char kSeed[] = "12345678901234567890";  // of RFC 6238 appendix B

absl::Time At(std::int64_t seconds) { return absl::FromUnixSeconds(seconds); }

TEST(Totp, TheTableOfTheStandard) {
  // Its codes have eight digits; the last six are the code of six.
  const std::pair<std::int64_t, const char*> table[] = {
      {59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
      {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"},
  };
  for (const auto& [seconds, code] : table) {
    EXPECT_EQ(TotpCode(kSeed, TotpStepAt(At(seconds))), std::string(code).substr(2)) << seconds;
  }
}

TEST(Totp, OneStepBeforeAndBehindCounts) {
  const absl::Time now = At(1'800'000'010);
  const std::int64_t step = TotpStepAt(now);
  for (std::int64_t at = step - 3; at <= step + 3; ++at) {
    const auto match = MatchTotp(kSeed, TotpCode(kSeed, at), now, 0);
    EXPECT_EQ(match.has_value(), std::abs(at - step) <= 1) << at - step;
    EXPECT_EQ(match.value_or(at), at);
  }
}

TEST(Totp, ACodeIsUsedOnce) {
  const absl::Time now = At(1'800'000'010);
  const std::int64_t step = TotpStepAt(now);
  EXPECT_TRUE(MatchTotp(kSeed, TotpCode(kSeed, step), now, step - 1).has_value());
  EXPECT_FALSE(MatchTotp(kSeed, TotpCode(kSeed, step), now, step).has_value());
  EXPECT_FALSE(MatchTotp(kSeed, TotpCode(kSeed, step - 1), now, step).has_value()) << "nor one before it";
}

TEST(Totp, OtherTextsMatchNothing) {
  const absl::Time now = At(1'800'000'010);
  for (const std::string& text : {std::string(), std::string("12345"), std::string("1234567"), std::string(6, '\0'),
                                  TotpCode("another seed of twenty", TotpStepAt(now))}) {
    EXPECT_FALSE(MatchTotp(kSeed, text, now, 0).has_value()) << text;
  }
}

TEST(Base32, TheTableOfTheStandard) {
  EXPECT_EQ(Base32Encode(""), "");
  EXPECT_EQ(Base32Encode("f"), "MY");
  EXPECT_EQ(Base32Encode("fo"), "MZXQ");
  EXPECT_EQ(Base32Encode("foo"), "MZXW6");
  EXPECT_EQ(Base32Encode("foob"), "MZXW6YQ");
  EXPECT_EQ(Base32Encode("fooba"), "MZXW6YTB");
  EXPECT_EQ(Base32Encode("foobar"), "MZXW6YTBOI");
  EXPECT_EQ(Base32Encode(std::string(20, '\xFF')), std::string(32, '7'));
}

}  // namespace
}  // namespace trellis::crypto
