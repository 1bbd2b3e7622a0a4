#include "common/crypto/base64url.h"

#include "common/base/random.h"
#include "gtest/gtest.h"

namespace trellis::crypto {
namespace {

TEST(Base64Url, KnownValues) {
  EXPECT_EQ(Base64UrlEncode(""), "");
  EXPECT_EQ(Base64UrlEncode("f"), "Zg");
  EXPECT_EQ(Base64UrlEncode("fo"), "Zm8");
  EXPECT_EQ(Base64UrlEncode("foo"), "Zm9v");
  EXPECT_EQ(Base64UrlEncode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64UrlEncode("\xFB\xFF"), "-_8");
}

TEST(Base64Url, ReadsBackWhatItWrote) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string data = SystemRandom().Bytes(size);
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(data)), data);
  }
}

TEST(Base64Url, RefusesWhatIsNotCanonical) {
  const std::string_view bad[] = {"Zg==",   "Zm8=",  "Zm9v=", "Z",   "Zm9vY", "Zh",        "Zm9",     "Zm 9v",
                                  "Zm9v\n", " Zm9v", "+_8",   "/_8", "Zg.",   "Z\xC3\xA9", "\xFF\xFF"};
  for (const std::string_view text : bad) {
    EXPECT_EQ(Base64UrlDecode(absl::string_view(text.data(), text.size())), std::nullopt) << text;
  }
  EXPECT_EQ(Base64UrlDecode(absl::string_view("Zm\0v", 4)), std::nullopt);
}

// Of the 64 last characters that two- and three-character texts may have, only those without idle bits set are read.
TEST(Base64Url, ExactlyOneTextForEachValue) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int two = 0, three = 0;
  for (const char c : alphabet) {
    two += Base64UrlDecode(std::string("Z") + c).has_value();
    three += Base64UrlDecode(std::string("Zm") + c).has_value();
  }
  EXPECT_EQ(two, 4);
  EXPECT_EQ(three, 16);
}

}  // namespace
}  // namespace trellis::crypto
