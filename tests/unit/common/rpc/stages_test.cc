// The stages of the pipeline that can be looked at one by one.
#include <limits>
#include <string>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/rpc/pipeline/admission.h"
#include "common/rpc/pipeline/authentication.h"
#include "common/rpc/pipeline/authorization.h"
#include "common/rpc/pipeline/deadline.h"
#include "common/rpc/pipeline/error_masking.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpc {
namespace {

constexpr char kUser[] = "0190c5a2-0000-7000-8000-000000000001";

TEST(AdmissionTest, TurnsAwayWhatIsMoreThanItsBound) {
  Admission admission(2);
  EXPECT_TRUE(admission.TryEnter());
  EXPECT_TRUE(admission.TryEnter());
  EXPECT_TRUE(admission.full());
  EXPECT_FALSE(admission.TryEnter());
  EXPECT_EQ(admission.in_flight(), 2);
  admission.Leave();
  EXPECT_TRUE(admission.TryEnter());
  EXPECT_GT(DetailsOf(Admission::Refusal())->retry_after, absl::ZeroDuration());
}

TEST(DeadlineTest, IsTheCallersCappedByTheMethods) {
  const absl::Time now = absl::Now();
  const auto at = [&](absl::Duration d) { return absl::ToChronoTime(now + d); };
  EXPECT_LE(EffectiveDeadline(at(absl::Seconds(2)), now, 0), now + absl::Seconds(2));
  EXPECT_GE(EffectiveDeadline(at(absl::Seconds(2)), now, 0), now + absl::Milliseconds(1999));
  EXPECT_EQ(EffectiveDeadline(at(absl::Seconds(60)), now, 0), now + absl::Seconds(10));
  EXPECT_EQ(EffectiveDeadline(at(absl::Seconds(60)), now, 300), now + absl::Milliseconds(300));
  EXPECT_EQ(EffectiveDeadline(std::chrono::system_clock::time_point::max(), now, 0), now + absl::Seconds(10));
  EXPECT_EQ(EffectiveDeadline(at(absl::Hours(24 * 366)), now, 0), now + absl::Seconds(10));
  EXPECT_TRUE(CheckDeadline(now, now - absl::Nanoseconds(1)).ok());
  EXPECT_EQ(CheckDeadline(now, now).code(), absl::StatusCode::kDeadlineExceeded);
}

class AuthenticationTest : public ::testing::Test {
 protected:
  absl::StatusOr<Caller> Run(options::v1::Audience audience, const Metadata& metadata, const Peer& peer = {},
                             bool with_authenticator = true) {
    options::v1::MethodPolicy policy;
    policy.set_audience(audience);
    CallContext::Parts parts;
    parts.policy = &policy;
    CallContext call(std::move(parts));
    const absl::Status status = rpc::Authenticate(with_authenticator ? &authenticator_ : nullptr, metadata, peer, call);
    if (!status.ok()) return status;
    token_ = call.bearer_token();
    return call.caller();
  }
  absl::StatusCode CodeFor(const std::string& authorization) {
    return Run(options::v1::AUDIENCE_USER, {{"authorization", authorization}}).status().code();
  }

  rpctest::TokenIsTheUser authenticator_;
  const std::string good_ = std::string("Bearer user-") + kUser;
  std::string token_;
};

TEST_F(AuthenticationTest, KnowsAUserByTheToken) {
  const absl::StatusOr<Caller> caller = Run(options::v1::AUDIENCE_USER, {{"authorization", good_}});
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->kind, Caller::Kind::kUser);
  EXPECT_EQ(caller->user.ToString(), kUser);
  EXPECT_EQ(token_, std::string("user-") + kUser);
}

TEST_F(AuthenticationTest, RefusesEverythingButOneGoodBearerToken) {
  for (const std::string& bad :
       {std::string("user-") + kUser, std::string("bearer user-") + kUser, std::string("BEARER user-") + kUser,
        std::string("Bearer  user-") + kUser, std::string("Bearer user-") + kUser + " ", std::string("Bearer "),
        std::string("Bearer"), std::string(), std::string("Basic dXNlcjpw"), std::string("Bearer user-nobody"),
        std::string("Bearer user\r\nx"), "Bearer " + std::string(7000, 'a')}) {
    EXPECT_EQ(CodeFor(bad), absl::StatusCode::kUnauthenticated) << bad.substr(0, 40);
  }
  EXPECT_FALSE(Run(options::v1::AUDIENCE_USER, {{"authorization", good_}, {"authorization", good_}}).ok());
  EXPECT_EQ(Run(options::v1::AUDIENCE_USER, {}).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Run(options::v1::AUDIENCE_USER, {{"authorization", good_}}, {}, false).status().code(),
            absl::StatusCode::kUnauthenticated);
}

TEST_F(AuthenticationTest, APublicMethodDoesNotLookAtTokens) {
  const absl::StatusOr<Caller> caller = Run(options::v1::AUDIENCE_PUBLIC, {{"authorization", "Bearer stale"}});
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->kind, Caller::Kind::kAnonymous);
  EXPECT_EQ(token_, "");
}

TEST_F(AuthenticationTest, KnowsAServiceByItsCertificateAndAUserBesides) {
  const Peer peer{.service = "caseload", .address = ""};
  const absl::StatusOr<Caller> alone = Run(options::v1::AUDIENCE_SERVICE, {}, peer);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(alone->kind, Caller::Kind::kService);
  EXPECT_EQ(alone->service, "caseload");
  const absl::StatusOr<Caller> both = Run(options::v1::AUDIENCE_USER, {{"authorization", good_}}, peer);
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->kind, Caller::Kind::kUser);
  EXPECT_EQ(both->service, "caseload");
  // A certificate does not make up for a bad token.
  EXPECT_FALSE(Run(options::v1::AUDIENCE_USER, {{"authorization", "Bearer bad"}}, peer).ok());
}

TEST(SpiffeNameTest, TakesOnlyServicesOfTheTrustDomain) {
  EXPECT_EQ(ServiceOfSpiffeName("spiffe://trellis.local/svc/identity", "trellis.local"), "identity");
  for (const char* bad :
       {"spiffe://other.local/svc/identity", "spiffe://trellis.local/identity", "spiffe://trellis.local/svc/",
        "spiffe://trellis.local/svc/a/b", "spiffe://trellis.local/svc/A", "https://trellis.local/svc/identity",
        "spiffe://trellis.local.evil/svc/identity", "spiffe://trellis.localsvc/svc/identity", ""}) {
    EXPECT_EQ(ServiceOfSpiffeName(bad, "trellis.local"), "") << bad;
  }
}

TEST(AuthorizationTest, WithoutAnAuthorizerOnlyThePublicIsOpen) {
  options::v1::MethodPolicy policy;
  CallContext::Parts parts;
  parts.policy = &policy;
  CallContext call(std::move(parts));
  for (const auto audience :
       {options::v1::AUDIENCE_UNSPECIFIED, options::v1::AUDIENCE_USER, options::v1::AUDIENCE_SERVICE}) {
    policy.set_audience(audience);
    EXPECT_EQ(Authorize(nullptr, call, policy).code(), absl::StatusCode::kPermissionDenied);
  }
  policy.set_audience(options::v1::AUDIENCE_PUBLIC);
  EXPECT_TRUE(Authorize(nullptr, call, policy).ok());
}

TEST(ErrorMaskingTest, HidesWhatWentWrongInside) {
  const trace::Context trace = trace::NewRoot();
  for (const auto code : {absl::StatusCode::kInternal, absl::StatusCode::kUnknown, absl::StatusCode::kDataLoss}) {
    const absl::Status masked =
        MaskError(Error(code, "SQL_FAILED", "SELECT name FROM person").With("path", "/etc/x"), trace);
    EXPECT_EQ(masked.code(), code);
    EXPECT_EQ(masked.ToString().find("SELECT"), std::string::npos);
    EXPECT_EQ(masked.ToString().find("/etc"), std::string::npos);
    EXPECT_NE(std::string(masked.message()).find(trace.trace_id), std::string::npos);
  }
  const absl::Status kept = NotFound("persons/1");
  EXPECT_EQ(MaskError(kept, trace), kept);
}

}  // namespace
}  // namespace trellis::rpc
