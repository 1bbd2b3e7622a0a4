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
  EXPECT_EQ(claims.size(), 12u);
  EXPECT_LT(token.size(), 1000u);
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
