#include "common/access/token.h"

#include "absl/strings/str_split.h"
#include "common/crypto/base64url.h"
#include "nlohmann/json.hpp"
#include "tests/unit/common/access/token_fixture.h"

namespace trellis::access {
namespace {

TEST_F(TokenTest, SaysWhoCalls) {
  const absl::StatusOr<TokenClaims> claims = verifier_->Verify(Issue());
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->user, subject_.user);
  EXPECT_EQ(claims->organization, subject_.organization);
  EXPECT_EQ(claims->session, subject_.session);
  EXPECT_EQ(claims->roles, subject_.roles);
  EXPECT_EQ(claims->clearances, subject_.clearances);
  EXPECT_EQ(claims->methods, subject_.methods);
  EXPECT_EQ(claims->auth_time, subject_.auth_time);
  EXPECT_EQ(claims->expire_time - claims->issue_time, absl::Minutes(5));
}

TEST_F(TokenTest, EachHasAnIdOfItsOwn) {
  EXPECT_NE(verifier_->Verify(Issue())->token, verifier_->Verify(Issue())->token);
}

// Other languages read these too: the form is part of the contract.
TEST_F(TokenTest, HasTheFormThatOthersExpect) {
  const std::string token = Issue();
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  ASSERT_EQ(parts.size(), 3u);
  const auto header = nlohmann::json::parse(*crypto::Base64UrlDecode(parts[0]));
  EXPECT_EQ(header, (nlohmann::json{{"alg", "EdDSA"}, {"typ", "at+jwt"}, {"kid", "key-1"}}));
  const auto claims = nlohmann::json::parse(*crypto::Base64UrlDecode(parts[1]));
  EXPECT_EQ(claims["roles"], (nlohmann::json{"coordinator", "clinician"}));
  EXPECT_EQ(claims["exp"], 1790000300);
  EXPECT_EQ(claims["tid"], subject_.organization.ToString());
  EXPECT_EQ(claims["clr"], (nlohmann::json{"substance_use", "sealed"}));
  EXPECT_EQ(claims.size(), 13u);
  EXPECT_LT(token.size(), 1000u);
}

// A token of an older identity says nothing about clearances, one of a newer identity may say more.
TEST_F(TokenTest, NobodyIsClearedForWhatTheTokenDoesNotSayOrThisVersionDoesNotKnow) {
  const auto read = [this](const nlohmann::json& clearances) {
    const std::vector<std::string> parts = absl::StrSplit(Issue(), '.');
    auto claims = nlohmann::json::parse(*crypto::Base64UrlDecode(parts[1]));
    claims.erase("clr");
    if (!clearances.is_null()) claims["clr"] = clearances;
    return ReadClaims(claims.dump(), "https://identity.test", "trellis");
  };
  EXPECT_TRUE(read(nullptr)->clearances.empty());
  EXPECT_TRUE(read({"genetic", "unspecified", "SUBSTANCE_USE", ""})->clearances.empty());
  EXPECT_EQ(read({"sealed", "genetic", "substance_use"})->clearances, subject_.clearances);
  EXPECT_EQ(ReasonOf(read("sealed").status()), "TOKEN_INVALID");
  EXPECT_EQ(ReasonOf(read({3}).status()), "TOKEN_INVALID");
}

TEST_F(TokenTest, AnIssuerWithoutSettingsCannotBeMade) {
  const auto code = [this](TokenIssuer::Options options) {
    return TokenIssuer::Make(std::move(options), &key_, &clock_, &ids_).status().code();
  };
  EXPECT_EQ(code({.issuer = "", .audience = "a", .key_id = "k"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.issuer = "i", .audience = "", .key_id = "k"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.issuer = "i", .audience = "a", .key_id = "../k"}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.issuer = "i", .audience = "a", .key_id = "k", .life = absl::Minutes(6)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.issuer = "i", .audience = "a", .key_id = "k"}), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace trellis::access
