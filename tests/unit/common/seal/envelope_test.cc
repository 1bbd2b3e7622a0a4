#include "common/seal/envelope.h"

#include <sodium.h>

#include <set>

#include "absl/strings/escaping.h"
#include "common/base/error.h"
#include "common/base/random.h"
#include "gtest/gtest.h"

namespace trellis::seal {
namespace {

Id MakeId(char last) { return *Id::FromBytes(std::string(15, '\x11') + last); }

SecretKey KeyOf(unsigned char first) {
  return *SecretKey::Make([first](unsigned char* out) {
    for (std::size_t i = 0; i < SecretKey::kSize; ++i) out[i] = static_cast<unsigned char>(first + i);
  });
}

Place SomePlace() { return {{MakeId('o'), MakeId('p')}, "referral", "note", MakeId('r').bytes()}; }

constexpr char kText[] = "speaks of nightmares";

class EnvelopeTest : public ::testing::Test {
 protected:
  std::string Sealed() { return SealWith(key_, SomePlace(), kText, SystemRandom()); }
  std::string WhyNot(const Place& place, absl::string_view sealed) {
    return ReasonOf(OpenWith(key_, place, sealed).status());
  }

  const SecretKey key_ = KeyOf(1);
};

TEST_F(EnvelopeTest, OpensWhatWasSealed) {
  for (const std::string& text : {std::string(), std::string(kText), std::string(100000, '\0')}) {
    const std::string sealed = SealWith(key_, SomePlace(), text, SystemRandom());
    EXPECT_EQ(sealed.size(), text.size() + kSealOverhead);
    EXPECT_EQ(OpenWith(key_, SomePlace(), sealed).value(), text);
  }
}

TEST_F(EnvelopeTest, ShowsNothingAndIsNeverTheSameTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string sealed = Sealed();
    EXPECT_EQ(sealed.find("nightmares"), std::string::npos);
    EXPECT_TRUE(seen.insert(sealed).second);
  }
}

TEST_F(EnvelopeTest, OpensNowhereElse) {
  const std::string sealed = Sealed();
  Place organization = SomePlace(), person = SomePlace(), table = SomePlace(), column = SomePlace(), row = SomePlace();
  organization.owner.organization = MakeId('x');
  person.owner.person = MakeId('x');
  table.table = "placement";
  column.column = "reason_text";
  row.row = MakeId('x').bytes();
  for (const Place& elsewhere : {organization, person, table, column, row}) {
    EXPECT_EQ(WhyNot(elsewhere, sealed), "SEAL_BROKEN");
  }
  // Two names that read the same when they are put together are still two.
  Place shifted = SomePlace();
  shifted.table = "referraln";
  shifted.column = "ote";
  EXPECT_EQ(WhyNot(shifted, sealed), "SEAL_BROKEN");
  EXPECT_EQ(ReasonOf(OpenWith(KeyOf(2), SomePlace(), sealed).status()), "SEAL_BROKEN");
}

TEST_F(EnvelopeTest, NoticesEveryChangedByteAndEveryCut) {
  const std::string sealed = Sealed();
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(WhyNot(SomePlace(), changed), "SEAL_BROKEN") << i;
    EXPECT_EQ(WhyNot(SomePlace(), sealed.substr(0, i)), "SEAL_BROKEN") << i;
  }
  EXPECT_EQ(WhyNot(SomePlace(), sealed + "x"), "SEAL_BROKEN");
}

// What stands in the header comment, done by hand: what is stored today must be readable for ever.
TEST_F(EnvelopeTest, HasTheFormatThatIsWrittenDown) {
  const std::string sealed = Sealed();
  const Place place = SomePlace();
  std::string associated = sealed.substr(0, 5) + place.owner.organization.bytes() + place.owner.person.bytes();
  for (const std::string& part : {std::string(place.table), std::string(place.column), place.row}) {
    associated += std::string{static_cast<char>(part.size()), 0, 0, 0} + part;
  }
  std::string text(sealed.size() - kSealOverhead, '\0');
  const auto* bytes = reinterpret_cast<const unsigned char*>(sealed.data());
  EXPECT_EQ(sealed[0], 1);
  EXPECT_EQ(crypto_aead_xchacha20poly1305_ietf_decrypt(
                reinterpret_cast<unsigned char*>(text.data()), nullptr, nullptr, bytes + 29, sealed.size() - 29,
                reinterpret_cast<const unsigned char*>(associated.data()), associated.size(), bytes + 5, key_.data()),
            0);
  EXPECT_EQ(text, kText);
}

// draft-irtf-cfrg-xchacha-03, A.3.1: the library does what the algorithm's name promises.
TEST(XChaCha20Poly1305, GivesThePublishedResult) {
  const std::string text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
      "it.";
  const std::string associated = absl::HexStringToBytes("50515253c0c1c2c3c4c5c6c7");
  const std::string key = absl::HexStringToBytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const std::string nonce = absl::HexStringToBytes("404142434445464748494a4b4c4d4e4f5051525354555657");
  std::string out(text.size() + 16, '\0');
  const auto bytes = [](const std::string& s) { return reinterpret_cast<const unsigned char*>(s.data()); };
  crypto_aead_xchacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char*>(out.data()), nullptr, bytes(text),
                                             text.size(), bytes(associated), associated.size(), nullptr, bytes(nonce),
                                             bytes(key));
  EXPECT_EQ(
      absl::BytesToHexString(out),
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c5"
      "4c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812"
      "f615c68b13b52ec0875924c1c7987947deafd8780acf49");
}

}  // namespace
}  // namespace trellis::seal
