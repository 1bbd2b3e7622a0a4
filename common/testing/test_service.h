// A whole service in the test's own process: its real parts, a scratch database of its own, a real port, real channels,
// and tokens that the test makes as it likes.
//
//   class ReferralsTest : public ::testing::Test {
//    protected:
//     std::unique_ptr<testing::TestService> identity_ = testing::TestService::MustStart(identity::Describe());
//     std::unique_ptr<testing::TestService> referral_ =
//         testing::TestService::MustStart(referral::Describe(), {.peers = {{"identity", identity_.get()}}});
//     testing::TestUser coordinator_ = testing::TestUser::Make({options::v1::ROLE_COORDINATOR});
//     std::unique_ptr<v1::Referrals::Stub> stub_ = v1::Referrals::NewStub(referral_->channel());
//   };
//
//   TEST_F(ReferralsTest, FindsNothing) {
//     referral_->AddCareTeam(coordinator_.organization, person, coordinator_.user);
//     auto context = referral_->As(coordinator_);  // token and a deadline of 10 s
//     v1::GetReferralResponse response;
//     const grpc::Status status = stub_->GetReferral(context.get(), request, &response);
//     EXPECT_THAT(testing::ReasonOf(status), "NOT_FOUND");
//   }
#ifndef TRELLIS_COMMON_TESTING_TEST_SERVICE_H_
#define TRELLIS_COMMON_TESTING_TEST_SERVICE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/crypto/signing_key.h"
#include "common/rpc/gate.h"
#include "common/runtime/service.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::runtime {
class Runtime;
}
namespace trellis::db {
class Pool;
}

namespace trellis::testing {

class TestKeyRing;

// What the tokens of this process are made with, for tests that forge them.
struct TokenAuthority {
  const crypto::SigningKey* key;
  std::string key_id;
  std::string issuer;
  std::string audience;
};
TokenAuthority TestAuthority();

// Somebody who calls.
struct TestUser {
  Id user;
  Id organization;
  Id session;
  std::vector<options::v1::Role> roles;
  LabelSet clearances = {};

  // With new ids; in `organization` where it is given.
  static TestUser Make(std::vector<options::v1::Role> roles, Id organization = Id());
};

// Runs from Start to its end, when it drains and drops its database. Peers must live longer.
class TestService {
 public:
  struct Options {
    // "identity" -> that service. A peer that is left out is unreachable and its feed is not followed; without identity
    // the relations in the service's own table are the truth.
    std::map<std::string, TestService*> peers = {};
    std::vector<std::string> flags = {};  // the service's own: "--hold-time=1s"
    const Clock* clock = nullptr;         // of handlers and tokens; nullptr: the machine's
    rpc::GateFile gate = {};              // the outer gate's policy
    std::string audit_spool = "";         // folder of the audit's second sink
  };

  static absl::StatusOr<std::unique_ptr<TestService>> Start(runtime::Service service, Options options);
  static absl::StatusOr<std::unique_ptr<TestService>> Start(runtime::Service service) { return Start(service, {}); }
  // End the test program with the reason where the service does not start.
  static std::unique_ptr<TestService> MustStart(runtime::Service service, Options options);
  static std::unique_ptr<TestService> MustStart(runtime::Service service) { return MustStart(service, {}); }
  virtual ~TestService() = default;

  virtual int port() const = 0;
  // As the door connects, through which apps come: the token says who calls, the certificate only opens the connection.
  virtual std::shared_ptr<grpc::Channel> channel() = 0;
  // As another service of the suite connects: with the certificate of `service`. For methods with AUDIENCE_SERVICE.
  virtual std::shared_ptr<grpc::Channel> ChannelOf(absl::string_view service) = 0;

  virtual runtime::Runtime& runtime() = 0;
  virtual TestKeyRing& key_ring() = 0;  // its own; what it seals
  virtual db::Pool& pool() = 0;  // beside the service's own, for looking into its tables; also while it is stopped

  // As if the process ended, and came again on the same port and database.
  virtual void Stop() = 0;
  virtual void Restart() = 0;

  // A token that every TestService of this process accepts, valid for five minutes.
  virtual std::string TokenFor(const TestUser& who) = 0;
  // A context for one call: token and deadline.
  std::unique_ptr<grpc::ClientContext> As(const TestUser& who, absl::Duration timeout = absl::Seconds(10));
  static std::unique_ptr<grpc::ClientContext> AsNobody(absl::Duration timeout = absl::Seconds(10));

  // Relations straight into the service's table, as identity's feed would put them there.
  void AddCareTeam(const Id& organization, const Id& person, const Id& user);
  void AddMember(const Id& organization, const Id& person, const Id& population);
  void AddLead(const Id& organization, const Id& population, const Id& user);
};

// The stable reason of an error as a client sees it; "" where there is none.
std::string ReasonOf(const grpc::Status& status);

}  // namespace trellis::testing

#endif  // TRELLIS_COMMON_TESTING_TEST_SERVICE_H_
