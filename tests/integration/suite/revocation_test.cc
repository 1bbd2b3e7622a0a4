// How long a token is still accepted, in each of the five services, after its session was ended in identity.
#include <algorithm>
#include <atomic>
#include <functional>
#include <iostream>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/testing/test_service.h"
#include "gtest/gtest.h"
#include "services/assessment/api/service.h"
#include "services/caseload/api/service.h"
#include "services/directory/api/service.h"
#include "services/identity/api/bootstrap.h"
#include "services/identity/api/service.h"
#include "services/referral/api/service.h"
#include "trellis/assessment/v1/instruments.grpc.pb.h"
#include "trellis/caseload/v1/worklists.grpc.pb.h"
#include "trellis/directory/v1/providers.grpc.pb.h"
#include "trellis/identity/v1/organizations.grpc.pb.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"
#include "trellis/identity/v1/users.grpc.pb.h"
#include "trellis/referral/v1/referrals.grpc.pb.h"

namespace trellis {
namespace {

using testing::TestService;
using testing::TestUser;

constexpr char kLogin[] = "coordinator@example.org";
constexpr char kPassword[] = "correct horse battery staple";
constexpr absl::Duration kBound = absl::Seconds(5);

class RevocationTest : public ::testing::Test {
 protected:
  using Probe = std::function<grpc::Status(grpc::ClientContext*)>;

  RevocationTest() {
    MakeAccount();
    AddProbe<directory::v1::Providers>(*directory_, &directory::v1::Providers::Stub::ListProviders, "directory");
    AddProbe<assessment::v1::Instruments>(*assessment_, &assessment::v1::Instruments::Stub::ListInstruments,
                                          "assessment");
    AddProbe<referral::v1::Referrals>(*referral_, &referral::v1::Referrals::Stub::ListReferrals, "referral");
    AddProbe<caseload::v1::Worklist>(*caseload_, &caseload::v1::Worklist::Stub::ListWorklist, "caseload");
    AddProbe<identity::v1::Sessions>(*identity_, &identity::v1::Sessions::Stub::ListSessions, "identity");
  }

  template <class Service, class Request, class Response>
  void AddProbe(TestService& service,
                grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const std::string& name) {
    std::shared_ptr<typename Service::Stub> stub = Service::NewStub(service.channel());
    probes_[name] = [stub, method](grpc::ClientContext* context) {
      Response response;
      return ((*stub).*method)(context, Request(), &response);
    };
  }

  void MakeAccount() {
    const TestUser operator_user =
        TestUser::Make({options::v1::ROLE_PLATFORM_ADMINISTRATOR}, identity::OperatorOrganization());
    identity::v1::CreateOrganizationRequest request;
    request.mutable_organization()->set_display_name("Northside");
    request.mutable_organization()->set_kind(identity::v1::Organization::KIND_CHARITY);
    request.mutable_administrator()->set_login("office@example.org");
    request.mutable_administrator()->set_display_name("Office");
    request.set_administrator_password(kPassword);
    identity::v1::CreateOrganizationResponse made;
    ASSERT_TRUE(identity::v1::Organizations::NewStub(identity_->channel())
                    ->CreateOrganization(identity_->As(operator_user).get(), request, &made)
                    .ok());
    administrator_ = TestUser::Make({options::v1::ROLE_ORGANIZATION_ADMINISTRATOR},
                                    *Id::Parse(made.organization().name().substr(sizeof("organizations/") - 1)));
    identity::v1::CreateUserRequest user;
    user.mutable_user()->set_login(kLogin);
    user.mutable_user()->set_display_name("Coordinator");
    user.mutable_user()->add_roles(options::v1::ROLE_COORDINATOR);
    user.set_password(kPassword);
    identity::v1::CreateUserResponse created;
    ASSERT_TRUE(identity::v1::Users::NewStub(identity_->channel())
                    ->CreateUser(identity_->As(administrator_).get(), user, &created)
                    .ok());
    user_ = created.user().name();
  }

  std::string SignIn() {
    identity::v1::SignInRequest request;
    request.set_login(kLogin);
    request.set_password(kPassword);
    identity::v1::SignInResponse response;
    EXPECT_TRUE(sessions_->SignIn(TestService::AsNobody().get(), request, &response).ok());
    return response.access_token();
  }

  static std::unique_ptr<grpc::ClientContext> With(const std::string& token) {
    auto context = TestService::AsNobody();
    context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
    return context;
  }

  // Calls every service without a pause until it refuses; the last call that was accepted began so long after the
  // sessions were ended.
  std::map<std::string, absl::Duration> MeasureOnce() {
    const std::string token = SignIn();
    std::map<std::string, absl::Time> last;
    std::map<std::string, std::string> reason;
    for (const auto& [name, probe] : probes_) last[name] = absl::InfinitePast(), reason[name] = "";
    std::vector<std::thread> threads;
    std::atomic<int> accepted = 0;
    for (const auto& [name, probe] : probes_) {
      threads.emplace_back([&, name = name, probe = probe] {
        const absl::Time limit = absl::Now() + absl::Seconds(20);
        bool first = true;
        while (absl::Now() < limit) {
          const absl::Time sent = absl::Now();
          const grpc::Status status = probe(With(token).get());
          if (!status.ok()) {
            reason[name] = testing::ReasonOf(status);
            return;
          }
          last[name] = sent;
          if (std::exchange(first, false)) ++accepted;
        }
      });
    }
    const absl::Time limit = absl::Now() + absl::Seconds(10);
    while (accepted < static_cast<int>(probes_.size()) && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(1));
    identity::v1::RevokeSessionsRequest request;
    request.set_user(user_);
    identity::v1::RevokeSessionsResponse response;
    const absl::Time ended = absl::Now();
    const grpc::Status status = sessions_->RevokeSessions(identity_->As(administrator_).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (std::thread& thread : threads) thread.join();
    std::map<std::string, absl::Duration> out;
    for (const auto& [name, sent] : last) {
      EXPECT_EQ(reason[name], "SESSION_ENDED") << name;
      EXPECT_NE(sent, absl::InfinitePast()) << name << " never accepted the token";
      out[name] = std::max(absl::ZeroDuration(), sent - ended);
    }
    return out;
  }

  std::unique_ptr<TestService> identity_ =
      TestService::MustStart(identity::Describe(), {.flags = {"--password-memory-kib=19456", "--password-passes=2"}});
  std::unique_ptr<TestService> directory_ =
      TestService::MustStart(directory::Describe(), {.peers = {{"identity", identity_.get()}}});
  std::unique_ptr<TestService> assessment_ =
      TestService::MustStart(assessment::Describe(), {.peers = {{"identity", identity_.get()}}});
  std::unique_ptr<TestService> referral_ = TestService::MustStart(
      referral::Describe(), {.peers = {{"identity", identity_.get()}, {"directory", directory_.get()}}});
  std::unique_ptr<TestService> caseload_ = TestService::MustStart(
      caseload::Describe(),
      {.peers = {{"identity", identity_.get()}, {"assessment", assessment_.get()}, {"referral", referral_.get()}}});
  std::unique_ptr<identity::v1::Sessions::Stub> sessions_ = identity::v1::Sessions::NewStub(identity_->channel());
  std::map<std::string, Probe> probes_;
  TestUser administrator_;
  std::string user_;
};

TEST_F(RevocationTest, AnEndedSessionIsRefusedEverywhereWithinFiveSeconds) {
  std::map<std::string, std::vector<absl::Duration>> taken;
  for (int round = 0; round < 10; ++round) {
    for (const auto& [name, duration] : MeasureOnce()) taken[name].push_back(duration);
  }
  for (auto& [name, durations] : taken) {
    std::sort(durations.begin(), durations.end());
    std::cout << name << ": median " << durations[durations.size() / 2] << ", longest " << durations.back()
              << std::endl;
    EXPECT_LE(durations.back(), kBound) << name;
  }
}

}  // namespace
}  // namespace trellis
