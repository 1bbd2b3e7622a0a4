#include "common/seal/blind_index.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace trellis::seal {
namespace {

SecretKey Filled(unsigned char byte) {
  return *SecretKey::Make([byte](unsigned char* out) { std::fill(out, out + SecretKey::kSize, byte); });
}

TEST(BlindIndex, IsTheSameForEqualValuesOnly) {
  const SecretKey key = *IndexKey(Filled(1), "person.name");
  EXPECT_EQ(BlindIndex(key, "smith", 6), BlindIndex(key, "smith", 6));
  EXPECT_NE(BlindIndex(key, "smith", 6), BlindIndex(key, "smyth", 6));
  EXPECT_EQ(BlindIndex(key, "smith", 6).size(), 6u);
  EXPECT_EQ(BlindIndex(key, "smith", 99).size(), 32u);
}

TEST(BlindIndex, DiffersBetweenOrganizationsAndFields) {
  const SecretKey here = *IndexKey(Filled(1), "person.name");
  const SecretKey elsewhere = *IndexKey(Filled(2), "person.name");
  const SecretKey other_field = *IndexKey(Filled(1), "person.identifier");
  EXPECT_NE(BlindIndex(here, "smith", 6), BlindIndex(elsewhere, "smith", 6));
  EXPECT_NE(BlindIndex(here, "smith", 6), BlindIndex(other_field, "smith", 6));
}

// RFC 4231 4.2's text under a key of 32 bytes, worked out with OpenSSL: indexes must stay what they are for ever.
TEST(BlindIndex, IsHmacSha256) {
  EXPECT_EQ(absl::BytesToHexString(BlindIndex(Filled(0x0b), "Hi There", 32)),
            "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7");
}

}  // namespace
}  // namespace trellis::seal
