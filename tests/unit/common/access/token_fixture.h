// An issuer and a verifier that trust each other, with a clock of the test's own.
#ifndef TRELLIS_TESTS_UNIT_COMMON_ACCESS_TOKEN_FIXTURE_H_
#define TRELLIS_TESTS_UNIT_COMMON_ACCESS_TOKEN_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/access/key_set.h"
#include "common/access/token.h"
#include "common/access/token_verifier.h"
#include "common/base/error.h"
#include "common/crypto/signing_key.h"
#include "gtest/gtest.h"

namespace trellis::access {

class TokenTest : public ::testing::Test {
 protected:
  std::string Issue() { return issuer_.Issue(subject_)->token; }

  ManualClock clock_{absl::FromUnixSeconds(1790000000)};
  IdGenerator ids_{clock_, SystemRandom()};
  crypto::SigningKey key_ = *crypto::SigningKey::Generate();
  TokenIssuer issuer_ = *TokenIssuer::Make(
      {.issuer = "https://identity.test", .audience = "trellis", .key_id = "key-1"}, &key_, &clock_, &ids_);
  std::vector<VerificationKey> published_ = {{"key-1", key_.PublicKey()}};
  absl::Status fetch_status_;
  int fetches_ = 0;
  KeySet keys_{[this]() -> absl::StatusOr<std::vector<VerificationKey>> {
                 ++fetches_;
                 if (!fetch_status_.ok()) return fetch_status_;
                 return published_;
               },
               &clock_};
  std::unique_ptr<TokenVerifier> verifier_ =
      *TokenVerifier::Make({.issuer = "https://identity.test", .audience = "trellis"}, &keys_, &clock_);
  const TokenSubject subject_ = {.user = ids_.Next(),
                                 .organization = ids_.Next(),
                                 .session = ids_.Next(),
                                 .roles = {options::v1::ROLE_COORDINATOR, options::v1::ROLE_CLINICIAN},
                                 .clearances = LabelSet::FromBits(1 << options::v1::SECURITY_LABEL_SUBSTANCE_USE |
                                                                  1 << options::v1::SECURITY_LABEL_SEALED),
                                 .methods = {"pwd"},
                                 .auth_time = clock_.Now() - absl::Minutes(1)};
};

}  // namespace trellis::access

#endif  // TRELLIS_TESTS_UNIT_COMMON_ACCESS_TOKEN_FIXTURE_H_
