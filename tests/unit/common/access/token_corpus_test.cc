// Tokens that somebody might try. None may be accepted, none may crash the verifier, and all get the same answer.
#include <iostream>

#include "absl/strings/match.h"
#include "tests/unit/common/access/token_corpus.h"
#include "tests/unit/common/access/token_fixture.h"

namespace trellis::access {
namespace {

using nlohmann::json;

class TokenCorpus : public TokenTest {
 protected:
  const TokenForge forge_{{.key = &key_,
                           .key_id = "key-1",
                           .issuer = "https://identity.test",
                           .audience = "trellis",
                           .user = subject_.user,
                           .organization = subject_.organization,
                           .session = subject_.session,
                           .now = clock_.Now(),
                           .issue = [this] { return Issue(); }}};
};

TEST_F(TokenCorpus, TheTemplateIsGood) {  // otherwise the rest would prove nothing
  EXPECT_TRUE(verifier_->Verify(Issue()).ok());
  EXPECT_TRUE(verifier_->Verify(forge_.WithHeader([](json&) {})).ok());
  EXPECT_TRUE(verifier_->Verify(forge_.WithClaims([](json&) {})).ok());
  EXPECT_TRUE(verifier_->Verify(forge_.WithRawClaim("exp", "1790000300")).ok());
  EXPECT_TRUE(verifier_->Verify(forge_.WithClaims([](json& claims) { claims["another"] = "claim"; })).ok());
}

TEST_F(TokenCorpus, NoneIsAccepted) {
  int count = 0;
  for (const auto& [what, token] : forge_.All()) {
    const absl::StatusOr<TokenClaims> claims = verifier_->Verify(token);
    EXPECT_EQ(claims.status().code(), absl::StatusCode::kUnauthenticated) << what;
    const std::string reason = ReasonOf(claims.status());
    EXPECT_TRUE(reason == "TOKEN_INVALID" || (what == "expired" && reason == "TOKEN_EXPIRED")) << what << reason;
    EXPECT_FALSE(absl::StrContains(claims.status().message(), "evil")) << "the token speaks through the error";
    ++count;
  }
  EXPECT_GE(count, 150);
  std::cout << count << " bad tokens refused" << std::endl;
  EXPECT_LE(fetches_, 2);
}

// Any single character of a good token exchanged makes it a bad one.
TEST_F(TokenCorpus, EveryCharacterCounts) {
  const std::string good = Issue();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bent = good;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verifier_->Verify(bent).ok()) << i;
  }
}

}  // namespace
}  // namespace trellis::access
