#include "common/crypto/signing_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace trellis::crypto {
namespace {

class SigningKeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/trellis-key-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    path_ = folder_ + "/signing.pem";
  }
  void TearDown() override {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }
  std::string folder_;
  std::string path_;
};

TEST(SigningKey, SignsWhatItsPublicKeyVerifies) {
  const SigningKey key = *SigningKey::Generate();
  const std::string signature = *key.Sign("message");
  EXPECT_EQ(key.PublicKey().size(), SigningKey::kPublicKeySize);
  EXPECT_EQ(signature.size(), SigningKey::kSignatureSize);
  EXPECT_TRUE(VerifyEd25519(key.PublicKey(), "message", signature));
  EXPECT_FALSE(VerifyEd25519(key.PublicKey(), "massage", signature));
  EXPECT_FALSE(VerifyEd25519(SigningKey::Generate()->PublicKey(), "message", signature));
}

TEST(SigningKey, EverySingleBitOfTheSignatureCounts) {
  const SigningKey key = *SigningKey::Generate();
  const std::string signature = *key.Sign("message");
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string bent = signature;
    bent[bit / 8] = static_cast<char>(bent[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(VerifyEd25519(key.PublicKey(), "message", bent)) << bit;
  }
}

TEST(SigningKey, WrongSizesVerifyNothing) {
  const SigningKey key = *SigningKey::Generate();
  const std::string signature = *key.Sign("message");
  EXPECT_FALSE(VerifyEd25519("", "message", signature));
  EXPECT_FALSE(VerifyEd25519(key.PublicKey(), "message", ""));
  EXPECT_FALSE(VerifyEd25519(key.PublicKey(), "message", signature + "x"));
  EXPECT_FALSE(VerifyEd25519(key.PublicKey() + "x", "message", signature));
}

TEST(SigningKey, VerifiesTheVectorsOfRfc8032) {
  const std::string public_key =
      absl::HexStringToBytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const std::string signature = absl::HexStringToBytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(VerifyEd25519(public_key, "\x72", signature));
  EXPECT_FALSE(VerifyEd25519(public_key, "\x73", signature));
}

// S + L verifies where a verifier forgets to check that S is small: the same signature in another form.
TEST(SigningKey, RefusesTheMalleableForm) {
  const std::string public_key =
      absl::HexStringToBytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  std::string signature = absl::HexStringToBytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  const std::string order = absl::HexStringToBytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  int carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + static_cast<unsigned char>(order[i]);
    signature[32 + i] = static_cast<char>(carry & 0xFF);
    carry >>= 8;
  }
  EXPECT_FALSE(VerifyEd25519(public_key, "\x72", signature));
}

TEST(SigningKey, GoesThroughPemAndBack) {
  const SigningKey key = *SigningKey::Generate();
  const std::string pem = *key.ToPem();
  EXPECT_TRUE(absl::StartsWith(pem, "-----BEGIN PRIVATE KEY-----"));
  const absl::StatusOr<SigningKey> again = SigningKey::FromPem(pem);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->PublicKey(), key.PublicKey());
  EXPECT_EQ(*again->Sign("x"), *key.Sign("x"));
}

TEST(SigningKey, RefusesWhatIsNoEd25519Key) {
  for (const char* pem : {"", "garbage", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                          // an EC P-256 key
                          "-----BEGIN PRIVATE KEY-----\n"
                          "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n"
                          "OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n"
                          "1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n"
                          "-----END PRIVATE KEY-----\n"}) {
    EXPECT_EQ(SigningKey::FromPem(pem).status().code(), absl::StatusCode::kInvalidArgument) << pem;
  }
}

TEST_F(SigningKeyFile, IsReadableByItsOwnerAlone) {
  const SigningKey key = *SigningKey::Generate();
  ASSERT_TRUE(key.Save(path_).ok());
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const absl::StatusOr<SigningKey> loaded = SigningKey::Load(path_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->PublicKey(), key.PublicKey());
}

TEST_F(SigningKeyFile, IsNeverReplaced) {
  ASSERT_TRUE(SigningKey::Generate()->Save(path_).ok());
  EXPECT_EQ(SigningKey::Generate()->Save(path_).code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(SigningKeyFile, IsRefusedWhereOthersMayReadIt) {
  ASSERT_TRUE(SigningKey::Generate()->Save(path_).ok());
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  EXPECT_EQ(SigningKey::Load(path_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SigningKeyFile, MissingIsNotFound) {
  EXPECT_EQ(SigningKey::Load(path_).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace trellis::crypto
