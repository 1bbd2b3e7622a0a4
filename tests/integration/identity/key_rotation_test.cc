// Keys of access tokens follow each other, and no good token is refused on the way.
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/access/key_set.h"
#include "common/access/token.h"
#include "common/access/token_verifier.h"
#include "common/db/pool.h"
#include "common/runtime/runtime.h"
#include "common/testing/test_service.h"
#include "gtest/gtest.h"
#include "services/identity/api/service.h"
#include "services/identity/api/token_keys.h"
#include "services/identity/storage/signing_keys.h"
#include "trellis/identity/v1/keys.grpc.pb.h"

namespace trellis::identity {
namespace {

using testing::TestService;

class KeyRotationTest : public ::testing::Test {
 protected:
  access::IssuedToken Issue() {
    const testing::TestUser somebody = testing::TestUser::Make({options::v1::ROLE_COORDINATOR});
    access::TokenSubject subject;
    subject.user = somebody.user;
    subject.organization = somebody.organization;
    subject.session = somebody.session;
    subject.methods = {"pwd"};
    subject.auth_time = clock_.Now();
    auto token = keys_.Issue(subject, Soon());
    EXPECT_TRUE(token.ok()) << token.status();
    return token.value_or(access::IssuedToken());
  }
  static absl::Time Soon() { return absl::Now() + absl::Seconds(10); }

  // What a service does that keeps the keys for as long as it may.
  absl::StatusOr<std::vector<access::VerificationKey>> Fetch() {
    absl::StatusOr<std::vector<PublishedKey>> published = keys_.Published(Soon());
    if (!published.ok()) return published.status();
    std::vector<access::VerificationKey> out;
    for (const PublishedKey& key : *published) out.push_back({key.key_id, key.public_key});
    return out;
  }
  bool Accepts(access::TokenVerifier& verifier, const std::string& token) { return verifier.Verify(token).ok(); }

  ManualClock clock_{absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()))};
  std::unique_ptr<TestService> service_ = [this] {
    TestService::Options options;
    options.flags = {"--password-memory-kib=19456", "--password-passes=2"};
    options.clock = &clock_;
    return TestService::MustStart(Describe(), options);
  }();
  TokenKeys keys_{service_->runtime(), absl::Hours(24)};
  access::KeySet key_set_{[this] { return Fetch(); }, &clock_};
  std::unique_ptr<access::TokenVerifier> verifier_ =
      access::TokenVerifier::Make({.issuer = service_->runtime().issuer(), .audience = service_->runtime().audience()},
                                  &key_set_, &clock_)
          .value();
};

// Every second counts: a verifier that reads the keys every five minutes only, tokens that are shown until they end.
TEST_F(KeyRotationTest, TwentyRotationsRefuseNoGoodToken) {
  ASSERT_TRUE(key_set_.Refresh().ok());
  struct Shown {
    std::string token;
    absl::Time expire_time;
  };
  std::vector<Shown> tokens;
  absl::Time next_refresh = clock_.Now() + absl::Minutes(5);
  int rotations = 0;
  int checked = 0;
  while (rotations < 20) {
    tokens.push_back({Issue().token, clock_.Now() + access::kMaxTokenLife});
    std::erase_if(tokens, [&](const Shown& shown) { return shown.expire_time <= clock_.Now(); });
    for (const Shown& shown : tokens) {
      ASSERT_TRUE(Accepts(*verifier_, shown.token)) << "rotation " << rotations;
      ++checked;
    }
    clock_.Advance(absl::Seconds(30));
    if (clock_.Now() >= next_refresh) {
      ASSERT_TRUE(key_set_.Refresh().ok());
      next_refresh = clock_.Now() + absl::Minutes(5);
    }
    const int before = static_cast<int>(keys_.Published(Soon())->size());
    if (before == 1) {  // the one before has retired: the next may follow
      ASSERT_TRUE(keys_.Rotate(/*at_once=*/false, Soon()).ok());
      ++rotations;
    }
  }
  EXPECT_GT(checked, 5'000);
}

TEST_F(KeyRotationTest, TheNextKeyFollowsWhenItIsDue) {
  const std::string first = keys_.Published(Soon())->front().key_id;
  ASSERT_TRUE(keys_.RotateIfDue(Soon()).ok());
  EXPECT_EQ(keys_.Published(Soon())->size(), 1u);
  clock_.Advance(absl::Hours(24));
  ASSERT_TRUE(keys_.RotateIfDue(Soon()).ok());
  ASSERT_TRUE(keys_.RotateIfDue(Soon()).ok());
  clock_.Advance(absl::Minutes(1));
  ASSERT_EQ(keys_.Published(Soon())->size(), 2u) << "published ahead, once";
  clock_.Advance(absl::Hours(1));
  ASSERT_EQ(keys_.Published(Soon())->size(), 1u);
  EXPECT_NE(keys_.Published(Soon())->front().key_id, first);
}

TEST_F(KeyRotationTest, AStolenKeyIsRefusedWithinAMinute) {
  ASSERT_TRUE(key_set_.Refresh().ok());
  const std::string stolen = Issue().token;
  ASSERT_TRUE(Accepts(*verifier_, stolen));
  // The command, beside the running service: its own connection, nothing in common but the tables.
  TokenKeys elsewhere(service_->runtime(), absl::Hours(24));
  ASSERT_TRUE(elsewhere.Rotate(/*at_once=*/true, Soon()).ok());
  absl::Duration until_refused;
  while (Accepts(*verifier_, stolen) && until_refused < absl::Minutes(2)) {
    clock_.Advance(absl::Seconds(1));
    until_refused += absl::Seconds(1);
    // As services do (common/runtime/host.cc).
    const bool refresh = absl::ToInt64Seconds(until_refused) % 20 == 0;
    ASSERT_TRUE(!refresh || key_set_.Refresh().ok());
  }
  EXPECT_LE(until_refused, absl::Minutes(1));
  EXPECT_TRUE(Accepts(*verifier_, Issue().token));
}

TEST_F(KeyRotationTest, PrivateKeysAreSealed) {
  Issue();
  std::vector<storage::SigningKeyRow> rows;
  ASSERT_TRUE(service_->pool()
                  .Read(Soon(),
                        [&](db::Session& session) -> absl::Status {
                          TRELLIS_ASSIGN_OR_RETURN(rows, storage::LoadSigningKeys(session, clock_.Now()));
                          return absl::OkStatus();
                        })
                  .ok());
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.front().private_key.find("PRIVATE KEY"), std::string::npos);
}

}  // namespace
}  // namespace trellis::identity
