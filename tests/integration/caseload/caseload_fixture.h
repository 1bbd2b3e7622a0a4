// The caseload service between fake neighbours: real channels, real feeds, a real database; the clock is ours.
#ifndef TRELLIS_TESTS_INTEGRATION_CASELOAD_CASELOAD_FIXTURE_H_
#define TRELLIS_TESTS_INTEGRATION_CASELOAD_CASELOAD_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/rpc/resource_name.h"
#include "common/runtime/service.h"
#include "common/testing/test_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "trellis/assessment/v1/assessment_events.pb.h"
#include "trellis/caseload/v1/care_plans.grpc.pb.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/caseload/v1/populations.grpc.pb.h"
#include "trellis/caseload/v1/safety_alerts.grpc.pb.h"
#include "trellis/caseload/v1/worklists.grpc.pb.h"
#include "trellis/referral/v1/referral_events.pb.h"

namespace trellis::caseload {

using rpc::MakeName;
using trellis::testing::TestService;
using trellis::testing::TestUser;

Id NewId();

// A service of that name that has nothing but its feed.
runtime::Service FakePeer(const std::string& name);

// Writes an event into the feed of a running service.
void Tell(TestService& service, const Id& organization, const google::protobuf::Message& payload);

// Runs the RPC of a stub: `Call(&Stub::GetCase, ...)` spelled out is long.
template <class Stub, class Request, class Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

// One set of services for all tests of a suite; every test works in an organization of its own.
class CaseloadTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  static ManualClock& clock();
  static TestService& caseload();
  static TestService& assessment();
  static TestService& referral();

  // Somebody with a care-team relation to a new person.
  Id NewPerson(const TestUser& user);

  // Cases and care plans. Each expects the call to succeed.
  v1::Case Open(const TestUser& user, const Id& person, absl::Duration review_interval = absl::ZeroDuration());
  v1::ServiceNeed AddNeed(const TestUser& user, const v1::Case& of, const std::string& code);
  v1::ServiceNeed GetNeed(const TestUser& user, const std::string& name);
  v1::Case GetCase(const TestUser& user, const std::string& name);

  // The whole worklist of a user, all pages.
  std::vector<v1::WorklistEntry> List(const TestUser& user, int page_size = 50);
  // The line of a person; an empty one where there is none.
  v1::WorklistEntry LineOf(const TestUser& user, const Id& person);
  std::vector<v1::SafetyAlert> OpenAlerts(const TestUser& user, const Id& person = Id());
  absl::Status AcknowledgeAll(const TestUser& user, const Id& person);

  // Waits until `holds`, at most ten seconds.
  static bool Eventually(const std::function<bool()>& holds);

  TestUser coordinator_ = TestUser::Make({options::v1::ROLE_COORDINATOR});
  TestUser colleague_ = TestUser::Make({options::v1::ROLE_COORDINATOR}, coordinator_.organization);
  TestUser stranger_ = TestUser::Make({options::v1::ROLE_COORDINATOR});
  const Id& organization_ = coordinator_.organization;

  std::unique_ptr<v1::Cases::Stub> cases_ = v1::Cases::NewStub(caseload().channel());
  std::unique_ptr<v1::CarePlans::Stub> plans_ = v1::CarePlans::NewStub(caseload().channel());
  std::unique_ptr<v1::SafetyAlerts::Stub> alerts_ = v1::SafetyAlerts::NewStub(caseload().channel());
  std::unique_ptr<v1::Worklist::Stub> worklist_ = v1::Worklist::NewStub(caseload().channel());
};

// "An assessment was recorded", piece by piece.
class Recorded {
 public:
  explicit Recorded(const Id& person, absl::Time effective_time, const std::string& instrument = "instruments/phq-9");
  Recorded& Total(double number, const std::string& band);
  Recorded& WorseThanPrevious();
  Recorded& WorseThanBaseline();
  Recorded& Critical(const std::string& rule, const std::string& item, bool urgent = false);
  const assessment::v1::AssessmentRecorded& event() const { return event_; }
  std::string name() const { return event_.assessment(); }

 private:
  assessment::v1::AssessmentRecorded event_;
};

referral::v1::ReferralStateChanged Changed(const Id& referral, const Id& person, referral::v1::Referral::State to,
                                           absl::Time when, const std::string& service_need = "");

std::vector<v1::WorklistReason::Code> Codes(const v1::WorklistEntry& entry);

}  // namespace trellis::caseload

#endif  // TRELLIS_TESTS_INTEGRATION_CASELOAD_CASELOAD_FIXTURE_H_
