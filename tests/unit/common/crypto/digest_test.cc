#include "common/crypto/digest.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace trellis::crypto {
namespace {

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

TEST(Digest, Sha256OfKnownTexts) {  // FIPS 180-4
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, HmacOfKnownTexts) {  // RFC 4231, cases 2 and 6
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, ConstantTimeEqualsComparesAllOfIt) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("secret", "secret"));
  EXPECT_FALSE(ConstantTimeEquals("secret", "secreT"));
  EXPECT_FALSE(ConstantTimeEquals("secret", "secret2"));
  EXPECT_FALSE(ConstantTimeEquals(absl::string_view("a\0b", 3), absl::string_view("a\0c", 3)));
}

TEST(Digest, DerivedIdsAreStableAndApart) {
  const Id a = *Id::Parse("0190c5a2-7f3e-7c11-9d55-0123456789ab");
  const Id b = *Id::Parse("0190c5a2-7f3e-7c11-9d55-0123456789ac");
  EXPECT_EQ(DeriveId(a, "hold"), DeriveId(a, "hold"));
  EXPECT_NE(DeriveId(a, "hold"), DeriveId(a, "confirm"));
  EXPECT_NE(DeriveId(a, "hold"), DeriveId(b, "hold"));
  EXPECT_NE(DeriveId(a, "hold"), a);
  EXPECT_EQ(DeriveId(a, "hold").ToString()[14], '8');
}

}  // namespace
}  // namespace trellis::crypto
