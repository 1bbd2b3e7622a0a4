// Which service may call which method of which other: all five services, every method, with the certificate of each.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/router.h"
#include "common/runtime/policy_draft.h"
#include "common/runtime/runtime.h"
#include "common/runtime/settings.h"
#include "common/testing/test_service.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "services/assessment/api/service.h"
#include "services/caseload/api/service.h"
#include "services/directory/api/service.h"
#include "services/identity/api/service.h"
#include "services/referral/api/service.h"
#include "tests/fault/raw_call.h"

namespace trellis::fault {
namespace {

using google::protobuf::MethodDescriptor;
using options::v1::MethodPolicy;
using testing::TestService;
using testing::TestUser;

// Reviewed by people: caller, service, method. What is not here is refused.
using Row = std::tuple<std::string, std::string, std::string>;
const std::set<Row>& Allowed() {
  static const auto* const allowed = new std::set<Row>{
      {"assessment", "identity", "AccessRelations.CheckAccess"},
      {"referral", "identity", "AccessRelations.CheckAccess"},
      {"caseload", "identity", "AccessRelations.CheckAccess"},
      {"caseload", "identity", "AccessRelations.GrantRelation"},
      {"caseload", "identity", "AccessRelations.RevokeRelation"},
      {"caseload", "identity", "AccessRelations.ListRelations"},
      {"directory", "identity", "Sessions.CheckSession"},
      {"assessment", "identity", "Sessions.CheckSession"},
      {"referral", "identity", "Sessions.CheckSession"},
      {"caseload", "identity", "Sessions.CheckSession"},
      {"caseload", "assessment", "Cohorts.SummarizeMembers"},
      {"referral", "identity", "Persons.GetPerson"},
      {"referral", "identity", "Persons.DisclosePerson"},
      {"referral", "identity", "Consents.ListConsents"},
      {"referral", "directory", "HealthcareServices.GetHealthcareService"},
      {"referral", "directory", "HealthcareServices.SearchHealthcareServices"},
      {"referral", "directory", "Capacities.HoldCapacity"},
      {"referral", "directory", "Capacities.ConfirmHold"},
      {"referral", "directory", "Capacities.ReleaseHold"},
      {"directory", "identity", "EventFeed.ReadEvents"},
      {"assessment", "identity", "EventFeed.ReadEvents"},
      {"referral", "identity", "EventFeed.ReadEvents"},
      {"caseload", "identity", "EventFeed.ReadEvents"},
      {"referral", "directory", "EventFeed.ReadEvents"},
      {"caseload", "assessment", "EventFeed.ReadEvents"},
      {"caseload", "referral", "EventFeed.ReadEvents"},
      {"directory", "identity", "EventFeed.GetHead"},
      {"assessment", "identity", "EventFeed.GetHead"},
      {"referral", "identity", "EventFeed.GetHead"},
      {"caseload", "identity", "EventFeed.GetHead"},
      {"referral", "directory", "EventFeed.GetHead"},
      {"caseload", "assessment", "EventFeed.GetHead"},
      {"caseload", "referral", "EventFeed.GetHead"},
  };
  return *allowed;
}

// "Persons.GetPerson"
std::string ShortName(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->name(), ".", method.name());
}

class PeersTest : public ::testing::Test {
 protected:
  struct Served {
    std::unique_ptr<TestService> service;
    std::vector<const MethodDescriptor*> methods;
    std::map<std::string, std::shared_ptr<grpc::Channel>> channels;  // by who calls
  };

  // No peers: no call here gets as far as that.
  explicit PeersTest(bool gated = false) : gated_(gated) {
    Start(identity::Describe());
    Start(directory::Describe());
    Start(assessment::Describe());
    Start(referral::Describe());
    Start(caseload::Describe());
  }

  ~PeersTest() override {
    served_.clear();
    for (const std::string& policy : policies_) std::filesystem::remove(policy);
  }

  void Start(runtime::Service service) {
    Served& served = served_[service.name];
    described_[service.name] = service;
    service.build = [build = service.build, &served](runtime::Runtime& runtime) {
      const absl::Status status = build(runtime);
      for (const rpc::Router::Method* method : runtime.router().methods()) served.methods.push_back(method->descriptor);
      return status;
    };
    TestService::Options options;
    if (gated_) {
      options.gate.path = absl::StrCat(::testing::TempDir(), "trellis-", service.name, "-", getpid(), ".policy.json");
      policies_.push_back(options.gate.path);
      std::ofstream(options.gate.path) << runtime::DraftAuthorizationPolicy(service, "trellis.local");
    }
    served.service = TestService::MustStart(std::move(service), options);
  }

  grpc::Status Call(const std::string& caller, Served& served, const MethodDescriptor& method, const TestUser& user) {
    const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
    const bool for_services =
        method.options().GetExtension(options::v1::method).audience() == options::v1::AUDIENCE_SERVICE;
    const auto context = for_services ? TestService::AsNobody() : served.service->As(user);
    std::shared_ptr<grpc::Channel>& channel = served.channels[caller];
    if (channel == nullptr) channel = served.service->ChannelOf(caller);
    return RawCall(channel, path, "", *context).status;
  }

  const bool gated_;
  std::vector<std::string> policies_;
  std::map<std::string, Served> served_;
  std::map<std::string, runtime::Service> described_;
};

// With the outer gate of each service's contract before it, which knows nothing of the checks behind it.
class GatedPeersTest : public PeersTest {
 protected:
  GatedPeersTest() : PeersTest(true) {}
};

std::vector<options::v1::Role> AllRoles() {
  std::vector<options::v1::Role> roles;
  for (int role = 1; options::v1::Role_IsValid(role); ++role) roles.push_back(static_cast<options::v1::Role>(role));
  return roles;
}

TEST_F(PeersTest, EachServiceCallsWhatItNeedsAndNothingElse) {
  const TestUser user = TestUser::Make(AllRoles());
  std::set<Row> open;
  int cells = 0;
  for (auto& [callee, served] : served_) {
    for (const MethodDescriptor* method : served.methods) {
      const MethodPolicy& policy = method->options().GetExtension(options::v1::method);
      if (policy.audience() == options::v1::AUDIENCE_PUBLIC) continue;
      for (const auto& [caller, ignored] : served_) {
        const grpc::Status status = Call(caller, served, *method, user);
        const bool refused = testing::ReasonOf(status) == "SERVICE_NOT_ALLOWED";
        if (!refused) open.emplace(caller, callee, ShortName(*method));
        // Whoever is let in is not turned away for a lack of identity either.
        EXPECT_NE(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << method->full_name() << " by " << caller;
        EXPECT_NE(status.error_code(), grpc::StatusCode::UNAVAILABLE) << method->full_name() << " by " << caller;
        ++cells;
      }
    }
  }
  std::printf("%d cells, %zu open\n", cells, open.size());
  EXPECT_GT(cells, 300);
  EXPECT_EQ(open, Allowed());
}

TEST_F(GatedPeersTest, TheGateAloneKnowsWhoMayCallWhat) {
  const TestUser user = TestUser::Make(AllRoles());
  std::set<Row> open;
  int through_the_door = 0;
  for (auto& [callee, served] : served_) {
    for (const MethodDescriptor* method : served.methods) {
      const MethodPolicy& policy = method->options().GetExtension(options::v1::method);
      const auto closed = [&, &served = served](const std::string& caller) {
        return testing::ReasonOf(Call(caller, served, *method, user)) == "GATE_CLOSED";
      };
      if (policy.audience() == options::v1::AUDIENCE_PUBLIC) {
        EXPECT_FALSE(closed("door")) << method->full_name();
        continue;
      }
      const bool for_users = policy.audience() == options::v1::AUDIENCE_USER && !policy.only_passed_on();
      EXPECT_EQ(closed("door"), !for_users) << method->full_name();
      through_the_door += for_users ? 1 : 0;
      for (const auto& [caller, ignored] : served_) {
        if (!closed(caller)) open.emplace(caller, callee, ShortName(*method));
      }
    }
  }
  EXPECT_GT(through_the_door, 100);
  EXPECT_EQ(open, Allowed());
}

// Whoever has all roles but those that the method is for.
TestUser UserWithout(const MethodPolicy& policy) {
  std::vector<options::v1::Role> others;
  for (const options::v1::Role role : AllRoles()) {
    if (std::find(policy.roles().begin(), policy.roles().end(), role) == policy.roles().end()) others.push_back(role);
  }
  return TestUser::Make(others);
}

// A service that is allowed to call lends a user nothing.
TEST_F(PeersTest, AServiceAddsNothingToItsUsersRights) {
  int checked = 0;
  for (auto& [callee, served] : served_) {
    for (const MethodDescriptor* method : served.methods) {
      const MethodPolicy& policy = method->options().GetExtension(options::v1::method);
      if (policy.roles().empty()) continue;
      for (const std::string& caller : policy.passed_on_by()) {
        EXPECT_EQ(testing::ReasonOf(Call(caller, served, *method, UserWithout(policy))), "ROLE_MISSING")
            << method->full_name();
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 4);
}

// What the services say of themselves agrees: nobody may call or follow a service that it does not name as a peer.
TEST_F(PeersTest, CallersAndFollowersAreThoseWhoNameThePeer) {
  for (const auto& [caller, callee, method] : Allowed()) {
    EXPECT_THAT(runtime::PeersOf(described_.at(caller)), ::testing::Contains(callee)) << method;
  }
}

}  // namespace
}  // namespace trellis::fault
