#include "tests/integration/protection/protection_world.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/db/pool.h"
#include "google/protobuf/descriptor.h"
#include "services/assessment/api/service.h"
#include "services/caseload/api/service.h"
#include "tests/support/fresh_factor.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/caseload/v1/care_plans.grpc.pb.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/caseload/v1/safety_alerts.grpc.pb.h"
#include "trellis/identity/v1/emergency_accesses.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::protection {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using testing::TestService;
using testing::TestUser;

// Puts a text into every field that is declared as personal and takes any text.
void FillPersonal(Message& message, const std::string& path,
                  const std::function<std::string(const std::string&)>& text) {
  const auto* const reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = message.GetDescriptor()->field(i);
    const std::string here = absl::StrCat(path, ".", field->name());
    const auto& policy = field->options().GetExtension(options::v1::field);
    if (policy.sensitivity() == options::v1::SENSITIVITY_NONE) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (absl::EndsWith(field->message_type()->name(), "Date")) continue;
      FillPersonal(field->is_repeated() ? *reflection->AddMessage(&message, field)
                                        : *reflection->MutableMessage(&message, field),
                   here, text);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      std::string value = text(here);
      if (policy.format() == options::v1::FORMAT_LANGUAGE) value = "en";
      if (policy.format() == options::v1::FORMAT_EMAIL)
        value = absl::StrReplaceAll(value, {{" ", ""}}) + "@example.org";
      if (policy.max_length() < 8) value = "GB";
      if (absl::EndsWith(here, "postal_code")) value = value.substr(0, 16);
      if (absl::EndsWith(here, "phones")) value = ProtectionWorld::kPhone;
      if (field->is_repeated()) {
        reflection->AddString(&message, field, value);
      } else {
        reflection->SetString(&message, field, value);
      }
    }
  }
}

testing::PrivateMariaDb* shared_server = nullptr;  // as long as the process

std::string Client(const std::string& program, const db::Settings& settings) {
  return absl::StrCat(program, " --no-defaults --socket=", settings.unix_socket, " --user=", settings.user,
                      " --password=", settings.password);
}

}  // namespace

ProtectionWorld::ProtectionWorld() {
  // Before anything asks for the server that the tests of this program share.
  setenv("TRELLIS_TEST_DB_HOST", "localhost", 1);
  setenv("TRELLIS_TEST_DB_SOCKET", server().OverSocket().unix_socket.c_str(), 1);
  setenv("TRELLIS_TEST_DB_USER", server().OverSocket().user.c_str(), 1);
  setenv("TRELLIS_TEST_DB_PASSWORD", server().OverSocket().password.c_str(), 1);
}

testing::PrivateMariaDb& ProtectionWorld::server() {
  static testing::PrivateMariaDb* const server = [] {
    auto started = testing::PrivateMariaDb::Start({"--log-bin=binlog", "--binlog-format=ROW", "--slow-query-log=ON",
                                                   "--long-query-time=0", "--slow-query-log-file=slow.log"});
    if (!started.ok()) {
      std::cerr << started.status() << std::endl;
      std::abort();
    }
    shared_server = started->release();
    std::atexit([] { delete shared_server; });
    return shared_server;
  }();
  return *server;
}

void ProtectionWorld::SetUp() {
  ReferralWorld::SetUp();
  assessment_ = TestService::MustStart(assessment::Describe(), {.peers = {{"identity", identity_.get()}}});
  caseload_ = TestService::MustStart(
      caseload::Describe(),
      {.peers = {{"identity", identity_.get()}, {"assessment", assessment_.get()}, {"referral", referral_.get()}}});
  officer_ = TestUser::Make({options::v1::ROLE_PRIVACY_OFFICER}, coordinator_.organization);
}

std::vector<TestService*> ProtectionWorld::services() {
  return {identity_.get(), directory_.get(), assessment_.get(), referral_.get(), caseload_.get()};
}

void ProtectionWorld::StopAll() {
  const std::vector<TestService*> all = services();
  for (auto service = all.rbegin(); service != all.rend(); ++service) (*service)->Stop();
}

void ProtectionWorld::RestartAll() {
  for (TestService* const service : services()) service->Restart();
}

std::string ProtectionWorld::Register(const TextOf& text) {
  identity::v1::RegisterPersonRequest request;
  request.set_request_id(NewId());
  FillPersonal(*request.mutable_person(), "person", text);
  request.mutable_person()->mutable_position()->set_latitude(51.5);
  request.mutable_person()->mutable_position()->set_longitude(-0.12);
  request.mutable_person()->mutable_birth_date()->set_year(2008);
  request.mutable_person()->mutable_birth_date()->set_month(3);
  request.mutable_person()->mutable_birth_date()->set_day(14);
  const auto response = Must(*identity_, coordinator_, &identity::v1::Persons::Stub::RegisterPerson, request);
  const auto again = Must(*identity_, coordinator_, &identity::v1::Persons::Stub::RegisterPerson, request);
  EXPECT_EQ(again.SerializeAsString(), response.SerializeAsString()) << "the stored answer opens again";
  return response.person().name();
}

grpc::Status ProtectionWorld::Assess(const std::string& person, std::string* name) {
  assessment::v1::RecordAssessmentRequest request;
  auto& assessment = *request.mutable_assessment();
  assessment.set_person(person);
  assessment.set_instrument("instruments/phq-9");
  assessment.set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
  for (const char* item :
       {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"}) {
    auto& answer = *assessment.add_answers();
    answer.set_item(item);
    answer.set_option("nearly-every-day");
  }
  request.set_request_id(NewId());
  assessment::v1::RecordAssessmentResponse response;
  const grpc::Status status =
      Call(*assessment_, coordinator_, &assessment::v1::Assessments::Stub::RecordAssessment, request, &response);
  *name = response.assessment().name();
  return status;
}

void ProtectionWorld::FillCase(const TextOf& text, Story& story) {
  caseload::v1::OpenCaseRequest open;
  open.mutable_case_record()->set_person(story.person);
  story.case_record = Must(*caseload_, coordinator_, &caseload::v1::Cases::Stub::OpenCase, open).case_record().name();
  caseload::v1::AddServiceNeedRequest add;
  add.mutable_service_need()->set_case_record(story.case_record);
  add.mutable_service_need()->mutable_need()->set_code("counselling");
  add.mutable_service_need()->mutable_need()->set_display(text("service_need.need.display"));
  add.mutable_service_need()->set_note(text("service_need.note"));
  story.service_need =
      Must(*caseload_, coordinator_, &caseload::v1::CarePlans::Stub::AddServiceNeed, add).service_need().name();
  caseload::v1::UpdateServiceNeedRequest update;
  update.set_name(story.service_need);
  update.set_note(text("service_need.next_note"));
  Must(*caseload_, coordinator_, &caseload::v1::CarePlans::Stub::UpdateServiceNeed, update);
  std::string etag;
  EXPECT_TRUE(Eventually([&] {
    caseload::v1::ListSafetyAlertsRequest list;
    list.set_person(story.person);
    const auto alerts = Must(*caseload_, coordinator_, &caseload::v1::SafetyAlerts::Stub::ListSafetyAlerts, list);
    if (alerts.safety_alerts().empty()) return false;
    story.safety_alert = alerts.safety_alerts(0).name();
    etag = alerts.safety_alerts(0).etag();
    return true;
  }));
  caseload::v1::AcknowledgeSafetyAlertRequest acknowledge;
  acknowledge.set_name(story.safety_alert);
  acknowledge.set_etag(etag);
  acknowledge.set_action(caseload::v1::SafetyAlert::ACTION_CONTACTED_PERSON);
  acknowledge.set_note(text("safety_alert.action_note"));
  Must(*caseload_, coordinator_, &caseload::v1::SafetyAlerts::Stub::AcknowledgeSafetyAlert, acknowledge);
}

void ProtectionWorld::TakeEmergencyAccess(const TextOf& text, const Story& story) {
  using Emergencies = identity::v1::EmergencyAccesses::Stub;
  const TestUser clinician = TestUser::Make({options::v1::ROLE_CLINICIAN}, coordinator_.organization);
  identity::v1::RequestEmergencyAccessRequest request;
  request.set_person(story.person);
  request.set_reason(identity::v1::EmergencyAccess::REASON_RISK_TO_LIFE);
  request.set_explanation(text("emergency_access.explanation"));
  request.mutable_duration()->set_seconds(600);
  request.set_request_id(NewId());
  OnRequest(request);
  identity::v1::RequestEmergencyAccessResponse given;
  const auto context = testing::WithToken(testing::TokenProvedBy(clinician, SystemClock()));
  const grpc::Status status = Emergencies(identity_->channel()).RequestEmergencyAccess(context.get(), request, &given);
  EXPECT_TRUE(status.ok()) << status.error_message();
  identity::v1::EndEmergencyAccessRequest end;
  end.set_name(given.emergency_access().name());
  Must(*identity_, clinician, &Emergencies::EndEmergencyAccess, end);
  identity::v1::ReviewEmergencyAccessRequest review;
  review.set_name(end.name());
  review.set_verdict(identity::v1::EmergencyAccess::VERDICT_JUSTIFIED);
  review.set_note(text("emergency_access.review_note"));
  Must(*identity_, officer_, &Emergencies::ReviewEmergencyAccess, review);
  identity::v1::GetEmergencyAccessRequest get;
  get.set_name(end.name());
  const auto kept = Must(*identity_, officer_, &Emergencies::GetEmergencyAccess, get).emergency_access();
  EXPECT_EQ(kept.explanation(), request.explanation());
  EXPECT_EQ(kept.review_note(), review.note());
}

void ProtectionWorld::Refer(const TextOf& text, Story& story) {
  referral::v1::CreateReferralRequest create;
  create.mutable_referral()->set_person(story.person);
  create.mutable_referral()->set_healthcare_service(ImportService(absl::StrCat("Counselling ", NewId()), 3));
  create.mutable_referral()->mutable_need()->set_code("counselling");
  create.mutable_referral()->mutable_need()->set_display(text("referral.need.display"));
  create.mutable_referral()->set_note(text("referral.note"));
  story.referral =
      Must(*referral_, coordinator_, &referral::v1::Referrals::Stub::CreateReferral, create).referral().name();
  RecordConsent(story.person, recipient_);
  referral::v1::RequestReferralRequest send;
  send.set_name(story.referral);
  Must(*referral_, coordinator_, &referral::v1::Referrals::Stub::RequestReferral, send);
  referral::v1::CancelReferralRequest cancel;
  cancel.set_name(story.referral);
  cancel.mutable_reason()->set_code("moved");
  cancel.mutable_reason()->set_text(text("referral.state_reason.text"));
  const auto cancelled = Must(*referral_, coordinator_, &referral::v1::Referrals::Stub::CancelReferral, cancel);
  EXPECT_EQ(cancelled.referral().state_reason().text(), text("referral.state_reason.text"));
  EXPECT_EQ(cancelled.referral().note(), text("referral.note"));
}

Story ProtectionWorld::Tell(const TextOf& text) {
  Story story;
  story.person = Register(text);
  const grpc::Status assessed = Assess(story.person, &story.assessment);
  EXPECT_TRUE(assessed.ok()) << assessed.error_message();
  FillCase(text, story);
  Refer(text, story);
  TakeEmergencyAccess(text, story);
  caseload::v1::CloseCaseRequest close;
  close.set_name(story.case_record);
  close.set_reason(caseload::v1::Case::CLOSE_REASON_MOVED_AWAY);
  close.set_note(text("case.close_note"));
  // Until caseload has heard that the referral is cancelled, the case must stay open.
  caseload::v1::CloseCaseResponse closed;
  EXPECT_TRUE(Eventually(
      [&] { return Call(*caseload_, coordinator_, &caseload::v1::Cases::Stub::CloseCase, close, &closed).ok(); }));
  EXPECT_EQ(closed.case_record().close_note(), text("case.close_note"));
  return story;
}

std::string ProtectionWorld::Dump(TestService& service, const std::string& arguments) {
  const std::string file = absl::StrCat(server().folder(), "/dump-", NewId());
  const std::string command = absl::StrCat(Client("mariadb-dump", server().OverSocket()), " --single-transaction ",
                                           arguments, " ", service.pool().settings().schema, " > ", file);
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  std::filesystem::remove(file);
  return std::move(out).str();
}

void ProtectionWorld::Restore(TestService& service, const std::string& dump) {
  const std::string file = absl::StrCat(server().folder(), "/restore-", NewId());
  std::ofstream(file, std::ios::binary) << dump;
  const std::string command =
      absl::StrCat(Client("mariadb", server().OverSocket()), " ", service.pool().settings().schema, " < ", file);
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::filesystem::remove(file);
}

bool ProtectionWorld::Eventually(const std::function<bool()>& holds) {
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (!holds()) {
    if (absl::Now() > limit) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

}  // namespace trellis::protection
