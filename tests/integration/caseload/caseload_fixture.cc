#include "tests/integration/caseload/caseload_fixture.h"

#include <utility>

#include "common/base/random.h"
#include "common/rpc/timestamps.h"
#include "common/runtime/runtime.h"
#include "common/runtime/write.h"
#include "services/caseload/api/service.h"

namespace trellis::caseload {
namespace {

struct Services {
  ManualClock clock{absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()))};
  std::unique_ptr<TestService> assessment = TestService::MustStart(FakePeer("assessment"), {.clock = &clock});
  std::unique_ptr<TestService> referral = TestService::MustStart(FakePeer("referral"), {.clock = &clock});
  std::unique_ptr<TestService> caseload =
      TestService::MustStart(Describe(), {.peers = {{"assessment", assessment.get()}, {"referral", referral.get()}},
                                          .flags = {"--sweep-interval=50ms"},
                                          .clock = &clock});
};
Services* services = nullptr;

const std::vector<EmbeddedFile>& NoMigrations() {
  static const auto* const none = new std::vector<EmbeddedFile>();
  return *none;
}

}  // namespace

Id NewId() {
  static auto* const ids = new IdGenerator(SystemClock(), SystemRandom());
  return ids->Next();
}

runtime::Service FakePeer(const std::string& name) {
  runtime::Service service;
  service.name = name;
  service.migrations = &NoMigrations;
  service.followers = {"caseload"};
  service.build = [](runtime::Runtime&) { return absl::OkStatus(); };
  return service;
}

void Tell(TestService& service, const Id& organization, const google::protobuf::Message& payload) {
  const absl::Status told = service.runtime().WriteAs({.organization = organization,
                                                       .purpose = "test.tell",
                                                       .operation = Id(),
                                                       .deadline = absl::Now() + absl::Seconds(10)},
                                                      [&](runtime::WriteUnit& unit) { return unit.Publish(payload); });
  ASSERT_TRUE(told.ok()) << told;
}

void CaseloadTest::SetUpTestSuite() { services = new Services(); }
void CaseloadTest::TearDownTestSuite() {
  delete services;
  services = nullptr;
}
ManualClock& CaseloadTest::clock() { return services->clock; }
TestService& CaseloadTest::caseload() { return *services->caseload; }
TestService& CaseloadTest::assessment() { return *services->assessment; }
TestService& CaseloadTest::referral() { return *services->referral; }

Id CaseloadTest::NewPerson(const TestUser& user) {
  const Id person = NewId();
  caseload().AddCareTeam(user.organization, person, user.user);
  return person;
}

v1::Case CaseloadTest::Open(const TestUser& user, const Id& person, absl::Duration review_interval) {
  v1::OpenCaseRequest request;
  request.mutable_case_record()->set_person(MakeName("persons", person));
  if (review_interval != absl::ZeroDuration()) {
    request.mutable_case_record()->mutable_review_interval()->set_seconds(absl::ToInt64Seconds(review_interval));
  }
  clock().Advance(absl::Milliseconds(1));  // ids of the same millisecond have no order
  v1::OpenCaseResponse response;
  const grpc::Status status = cases_->OpenCase(caseload().As(user).get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.case_record();
}

v1::ServiceNeed CaseloadTest::AddNeed(const TestUser& user, const v1::Case& of, const std::string& code) {
  v1::AddServiceNeedRequest request;
  request.mutable_service_need()->set_case_record(of.name());
  request.mutable_service_need()->mutable_need()->set_code(code);
  clock().Advance(absl::Milliseconds(1));
  v1::AddServiceNeedResponse response;
  const grpc::Status status = plans_->AddServiceNeed(caseload().As(user).get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.service_need();
}

v1::ServiceNeed CaseloadTest::GetNeed(const TestUser& user, const std::string& name) {
  v1::GetServiceNeedRequest request;
  request.set_name(name);
  v1::GetServiceNeedResponse response;
  const grpc::Status status = plans_->GetServiceNeed(caseload().As(user).get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.service_need();
}

v1::Case CaseloadTest::GetCase(const TestUser& user, const std::string& name) {
  v1::GetCaseRequest request;
  request.set_name(name);
  v1::GetCaseResponse response;
  const grpc::Status status = cases_->GetCase(caseload().As(user).get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.case_record();
}

std::vector<v1::WorklistEntry> CaseloadTest::List(const TestUser& user, int page_size) {
  std::vector<v1::WorklistEntry> all;
  v1::ListWorklistRequest request;
  request.set_page_size(page_size);
  do {
    v1::ListWorklistResponse response;
    const grpc::Status status = worklist_->ListWorklist(caseload().As(user).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    if (!status.ok()) return all;
    for (const auto& entry : response.entries()) all.push_back(entry);
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

v1::WorklistEntry CaseloadTest::LineOf(const TestUser& user, const Id& person) {
  for (v1::WorklistEntry& entry : List(user)) {
    if (entry.person() == MakeName("persons", person)) return std::move(entry);
  }
  return {};
}

std::vector<v1::SafetyAlert> CaseloadTest::OpenAlerts(const TestUser& user, const Id& person) {
  std::vector<v1::SafetyAlert> all;
  v1::ListSafetyAlertsRequest request;
  if (!person.is_nil()) request.set_person(MakeName("persons", person));
  do {
    v1::ListSafetyAlertsResponse response;
    const grpc::Status status = alerts_->ListSafetyAlerts(caseload().As(user).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    if (!status.ok()) return all;
    for (const auto& alert : response.safety_alerts()) all.push_back(alert);
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::Status CaseloadTest::AcknowledgeAll(const TestUser& user, const Id& person) {
  for (const v1::SafetyAlert& alert : OpenAlerts(user, person)) {
    v1::AcknowledgeSafetyAlertRequest request;
    request.set_name(alert.name());
    request.set_action(v1::SafetyAlert::ACTION_CONTACTED_PERSON);
    request.set_note("spoke with them, safe for now");
    request.set_etag(alert.etag());
    v1::AcknowledgeSafetyAlertResponse response;
    const grpc::Status status = alerts_->AcknowledgeSafetyAlert(caseload().As(user).get(), request, &response);
    if (!status.ok()) return absl::UnknownError(status.error_message());
  }
  return absl::OkStatus();
}

bool CaseloadTest::Eventually(const std::function<bool()>& holds) {
  const absl::Time limit = absl::Now() + absl::Seconds(10);
  while (!holds()) {
    if (absl::Now() > limit) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

Recorded::Recorded(const Id& person, absl::Time effective_time, const std::string& instrument) {
  event_.set_assessment(MakeName("assessments", NewId()));
  event_.set_person(MakeName("persons", person));
  event_.set_instrument(instrument);
  event_.set_instrument_version(1);
  *event_.mutable_effective_time() = rpc::ToTimestamp(effective_time);
}

Recorded& Recorded::Total(double number, const std::string& band) {
  assessment::v1::RecordedOutcome& outcome = *event_.add_outcomes();
  outcome.set_code("total");
  outcome.set_kind(assessment::v1::OUTCOME_KIND_NUMBER);
  outcome.set_number(number);
  outcome.set_band(band);
  return *this;
}

Recorded& Recorded::WorseThanPrevious() {
  event_.mutable_outcomes(0)->set_change_from_previous(assessment::v1::CHANGE_LABEL_RELIABLY_WORSE);
  return *this;
}

Recorded& Recorded::WorseThanBaseline() {
  event_.mutable_outcomes(0)->set_change_from_baseline(assessment::v1::CHANGE_LABEL_RELIABLY_WORSE);
  return *this;
}

Recorded& Recorded::Critical(const std::string& rule, const std::string& item, bool urgent) {
  assessment::v1::CriticalAnswer& answer = *event_.add_critical_answers();
  answer.set_rule(rule);
  answer.set_item(item);
  answer.set_level(urgent ? assessment::v1::CRITICAL_LEVEL_URGENT : assessment::v1::CRITICAL_LEVEL_HIGH);
  return *this;
}

referral::v1::ReferralStateChanged Changed(const Id& referral, const Id& person, referral::v1::Referral::State to,
                                           absl::Time when, const std::string& service_need) {
  referral::v1::ReferralStateChanged event;
  event.set_referral(MakeName("referrals", referral));
  event.set_person(MakeName("persons", person));
  event.set_to(to);
  event.set_service_need(service_need);
  *event.mutable_occur_time() = rpc::ToTimestamp(when);
  return event;
}

std::vector<v1::WorklistReason::Code> Codes(const v1::WorklistEntry& entry) {
  std::vector<v1::WorklistReason::Code> codes;
  for (const auto& reason : entry.reasons()) codes.push_back(reason.code());
  return codes;
}

}  // namespace trellis::caseload
