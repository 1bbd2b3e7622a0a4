#include "common/access/token_verifier.h"

#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/unit/common/access/token_fixture.h"

namespace trellis::access {
namespace {

class TokenVerifierTest : public TokenTest {};

TEST_F(TokenVerifierTest, NoServiceStartsWithoutIssuerOrAudience) {
  const auto code = [this](TokenVerifier::Options options) {
    return TokenVerifier::Make(std::move(options), &keys_, &clock_).status().code();
  };
  EXPECT_EQ(code({.issuer = "", .audience = "a"}), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code({.issuer = "i", .audience = ""}), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code({.issuer = "i", .audience = "a", .leeway = absl::Seconds(31)}), absl::StatusCode::kFailedPrecondition);
}

TEST_F(TokenVerifierTest, MakesACaller) {
  const absl::StatusOr<rpc::Caller> caller = verifier_->Authenticate(Issue(), {.service = "caseload", .address = ""});
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->kind, rpc::Caller::Kind::kUser);
  EXPECT_EQ(caller->user, subject_.user);
  EXPECT_EQ(caller->organization, subject_.organization);
  EXPECT_EQ(caller->session, subject_.session);
  EXPECT_TRUE(caller->HasRole(options::v1::ROLE_CLINICIAN));
  EXPECT_FALSE(caller->HasRole(options::v1::ROLE_ORGANIZATION_ADMINISTRATOR));
  EXPECT_EQ(caller->service, "caseload");
  EXPECT_EQ(caller->methods, subject_.methods);
  EXPECT_EQ(caller->auth_time, subject_.auth_time);
  EXPECT_EQ(caller->issue_time, clock_.Now());
}

TEST_F(TokenVerifierTest, ACachedTokenExpiresLikeAnyOther) {
  const std::string token = Issue();
  ASSERT_TRUE(verifier_->Verify(token).ok());
  clock_.Advance(absl::Minutes(5) + absl::Seconds(4));
  EXPECT_TRUE(verifier_->Verify(token).ok());  // within the leeway
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(verifier_->Verify(token).status()), "TOKEN_EXPIRED");
}

TEST_F(TokenVerifierTest, ACachedTokenOfAWithdrawnKeyIsRefused) {
  const std::string token = Issue();
  ASSERT_TRUE(verifier_->Verify(token).ok());
  published_ = {{"key-2", crypto::SigningKey::Generate()->PublicKey()}};
  ASSERT_TRUE(keys_.Refresh().ok());
  EXPECT_EQ(ReasonOf(verifier_->Verify(token).status()), "TOKEN_INVALID");
}

TEST_F(TokenVerifierTest, AKeyIdThatChangedItsKeyIsVerifiedAnew) {
  const std::string token = Issue();
  ASSERT_TRUE(verifier_->Verify(token).ok());
  published_ = {{"key-1", crypto::SigningKey::Generate()->PublicKey()}};
  ASSERT_TRUE(keys_.Refresh().ok());
  EXPECT_FALSE(verifier_->Verify(token).ok());
}

TEST_F(TokenVerifierTest, ATokenFromAClockThatIsALittleAheadIsGood) {
  clock_.Advance(absl::Seconds(4));
  const std::string token = Issue();
  clock_.Advance(-absl::Seconds(4));
  EXPECT_TRUE(verifier_->Verify(token).ok());
  clock_.Advance(-absl::Seconds(2));
  EXPECT_FALSE(verifier_->Verify(token).ok());
}

TEST_F(TokenVerifierTest, WithoutKeysNobodyKnows) {
  fetch_status_ = absl::UnavailableError("identity is down");
  EXPECT_EQ(ReasonOf(verifier_->Verify(Issue()).status()), "KEYS_UNAVAILABLE");
}

TEST_F(TokenVerifierTest, ManyThreadsManyTokens) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 50; ++i) tokens.push_back(Issue());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        for (const std::string& token : tokens) EXPECT_TRUE(verifier_->Verify(token).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(TokenCache, ForgetsWhatWasNotUsedForLongAndStaysBounded) {
  TokenCache cache(100);
  TokenClaims claims;
  cache.Put("kept", 1, claims);
  for (int i = 0; i < 1000; ++i) {
    cache.Put(absl::StrCat("token", i), 1, claims);
    EXPECT_TRUE(cache.Find("kept", 1).has_value());
    EXPECT_LE(cache.size(), 102u);
  }
  EXPECT_FALSE(cache.Find("token0", 1).has_value());
  EXPECT_FALSE(cache.Find("kept", 2).has_value());
}

}  // namespace
}  // namespace trellis::access
