#include "services/identity/domain/account_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

TEST(ValidateLogin, WantsTheFormOfAnAddress) {
  for (const char* good : {"amy@example.org", "a.b+c@x.co", "ops@trellis.local"}) {
    EXPECT_TRUE(ValidateLogin(good, "login").ok()) << good;
  }
  for (const char* bad : {"", "amy", "@example.org", "amy@", "amy@org", "a@b@c.org", "amy @example.org",
                          "ämy@example.org", "amy@example.org.", "amy@.org", "amy\n@example.org"}) {
    EXPECT_EQ(ValidateLogin(bad, "login").code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  const std::string too_long = absl::StrCat(std::string(250, 'a'), "@example.org");
  EXPECT_FALSE(ValidateLogin(too_long, "login").ok());
}

absl::Status Check(absl::string_view password, bool second_factor = false) {
  return ValidatePassword(password, "amelia.pond@example.org", second_factor, "password");
}

TEST(ValidatePassword, CountsLengthAndNotComposition) {
  EXPECT_TRUE(Check("correct horse battery").ok());
  EXPECT_TRUE(Check("abcdefghijklmno").ok());
  EXPECT_FALSE(Check("abcdefghijklmn").ok());
  EXPECT_TRUE(Check("abcdefgh", true).ok());
  EXPECT_FALSE(Check("abcdefg", true).ok());
  const std::string sentence = absl::StrCat("pässwörter sind länger ", std::string(100, 'x'));
  EXPECT_TRUE(Check(sentence).ok());
}

TEST(ValidatePassword, CountsCodePoints) {
  EXPECT_TRUE(Check("😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰").ok());
  EXPECT_FALSE(Check("😀😁😂🤣😃😄😅").ok());
}

TEST(ValidatePassword, RefusesWhatIsGuessedFirst) {
  for (const char* bad :
       {"aaaaaaaaaaaaaaaaaaaa", "abababababababababab", "my-Amelia.Pond-pass", "ilove TRELLIS so much"}) {
    EXPECT_EQ(ReasonOf(Check(bad)), "PASSWORD_UNFIT") << bad;
  }
  EXPECT_EQ(ReasonOf(Check(absl::string_view("correct\0horse battery", 21))), "PASSWORD_UNFIT");
  EXPECT_EQ(ReasonOf(Check("correct horse \xFF battery")), "PASSWORD_UNFIT");
}

TEST(ValidatePassword, NeverRepeatsThePassword) {
  const absl::Status status = Check("hunter2");
  EXPECT_EQ(std::string(status.message()).find("hunter2"), std::string::npos);
}

TEST(RestAfterFailures, GrowsToAQuarterOfAnHourAndNoFurther) {
  EXPECT_EQ(RestAfterFailures(0), absl::ZeroDuration());
  EXPECT_EQ(RestAfterFailures(4), absl::ZeroDuration());
  EXPECT_EQ(RestAfterFailures(5), absl::Seconds(1));
  EXPECT_EQ(RestAfterFailures(6), absl::Seconds(2));
  EXPECT_EQ(RestAfterFailures(14), absl::Seconds(512));
  EXPECT_EQ(RestAfterFailures(15), absl::Minutes(15));
  EXPECT_EQ(RestAfterFailures(1'000'000), absl::Minutes(15));
}

}  // namespace
}  // namespace trellis::identity
