#include "services/identity/domain/password_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

const PasswordRules& Rules() {
  static const auto& rules = *new PasswordRules("# ours\nZwirbelbart-Zwirbelbart\n");
  return rules;
}

absl::Status Check(absl::string_view password) {
  return Rules().Check(password, {"amelia.pond@example.org", "Amelia Pond", "Harbour College"}, "password");
}

TEST(PasswordRules, CountsLengthAndNotComposition) {
  EXPECT_TRUE(Check("correct horse battery").ok());
  EXPECT_TRUE(Check("ibsk fjor umpel").ok());
  EXPECT_FALSE(Check("ibsk fjor umpe").ok());
  EXPECT_TRUE(Check(absl::StrCat("pässwörter sind länger ", std::string(200, 'x'))).ok());
}

TEST(PasswordRules, CountsCodePoints) {
  EXPECT_TRUE(Check("😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰").ok());
  EXPECT_FALSE(Check("😀😁😂🤣😃😄😅").ok());
}

TEST(PasswordRules, TheListIsThere) { EXPECT_GT(Rules().size(), 15'000u); }

TEST(PasswordRules, RefusesWhatIsGuessedFirst) {
  for (const char* bad : {
           "aaaaaaaaaaaaaaaaaaaa",
           "abababababababababab",
           "abcdefghijklmnopq",
           "987654321098765432",
           "qweqweqweqweqweqwe",
           "my-Amelia.Pond-pass",
           "ilove TRELLIS so much",
           "passwordpassword",
           "Password12345678",
           "iloveyou-iloveyou",
           "123456789password1",
           "basketball2024!!!!",
           "harbour-college-1",
           "Coordinator-Pond",
           "administrator2026",
           "Zwirbelbart-Zwirbelbart",
       }) {
    EXPECT_EQ(ReasonOf(Check(bad)), "PASSWORD_UNFIT") << bad;
  }
  EXPECT_EQ(ReasonOf(Check("1qaz2wsx3edc1qaz2wsx")), "PASSWORD_UNFIT");
  EXPECT_EQ(ReasonOf(Check(absl::string_view("correct\0horse battery", 21))), "PASSWORD_UNFIT");
  EXPECT_EQ(ReasonOf(Check("correct horse \xFF battery")), "PASSWORD_UNFIT");
}

TEST(PasswordRules, LeavesAPhraseThatHoldsAKnownWordAlone) {
  EXPECT_TRUE(Check("the college cat sleeps late").ok());
  EXPECT_TRUE(Check("my password hides in plain sight").ok());
}

TEST(PasswordRules, NeverRepeatsThePassword) {
  const absl::Status status = Check("hunter2");
  EXPECT_EQ(std::string(status.message()).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace trellis::identity
