// Texts that somebody wrote to do harm. What may be stored comes back byte for byte and does nothing else; what may not
// is refused by the name of its field, without being said again.
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/rpc/resource_name.h"
#include "gtest/gtest.h"
#include "tests/fault/boundary_values.h"
#include "tests/fault/caller_fixture.h"
#include "tests/fault/hostile_texts.h"
#include "tests/fault/text_fields.h"
#include "trellis/assessment/v1/assessments.pb.h"
#include "trellis/caseload/v1/care_plans.pb.h"
#include "trellis/caseload/v1/cases.pb.h"
#include "trellis/caseload/v1/populations.pb.h"
#include "trellis/caseload/v1/safety_alerts.pb.h"
#include "trellis/identity/v1/emergency_accesses.pb.h"
#include "trellis/identity/v1/organizations.pb.h"
#include "trellis/identity/v1/persons.pb.h"
#include "trellis/identity/v1/users.pb.h"

namespace trellis::fault {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using grpc::StatusCode;
using testing::TestUser;

// A write, and the read that gives its texts back.
struct Store {
  std::string write;  // "Persons/RegisterPerson"
  std::string read;
  std::string from;  // where the texts are in the request: "person."
  std::string to;    // where they are in the answer to the read
  // Makes the request right by what the handler alone knows.
  std::function<void(Message& request)> prepare;
  // Not any words by the handler's rules.
  std::vector<std::string> except = {};
};

class HostileText : public Caller {
 protected:
  // Puts a text into each free text of the request below store.from. Returns what must come back, by path.
  static std::map<std::string, std::string> Fill(const Store& store, Message& request,
                                                 const std::function<std::string(const FieldDescriptor& field)>& text) {
    std::map<std::string, std::string> expected;
    ForEachPlace(request, [&](const Place& place) {
      if (!IsFreeText(place) || !absl::StartsWith(place.path, store.from)) return;
      for (const std::string& path : store.except) {
        if (absl::StartsWith(place.path, path)) return;
      }
      const std::string value = text(*place.field);
      SetText(place, value);
      expected[absl::StrCat(store.to, absl::StripPrefix(place.path, store.from))] = value;
    });
    return expected;
  }

  static std::string NameIn(const Message& message) {
    const FieldDescriptor* const name = message.GetDescriptor()->FindFieldByName("name");
    return name == nullptr ? "" : message.GetReflection()->GetString(message, name);
  }

  // The read's answer about what the request names or, where that is yet to be made, the write's answer shows first.
  std::unique_ptr<Message> ReadBack(const Store& store, const Message& request, const Message& written) {
    std::string name = NameIn(request);
    if (name.empty()) {
      name = NameIn(written.GetReflection()->GetMessage(written, written.GetDescriptor()->field(0)));
    }
    const Method& method = MethodOf(store.read);
    const std::unique_ptr<Message> read(method.prototype().New());
    read->GetReflection()->SetString(read.get(), read->GetDescriptor()->FindFieldByName("name"), name);
    return Must(method, *read);
  }

  void StoreAndRead(const Store& store, const std::function<std::string(const FieldDescriptor& field)>& text) {
    const Method& method = MethodOf(store.write);
    who_ = world().native();
    const auto request = Sample(method.prototype(), world().names());
    store.prepare(*request);
    const auto expected = Fill(store, *request, text);
    EXPECT_FALSE(expected.empty()) << method.path;
    const auto started = std::chrono::steady_clock::now();
    const auto written = Must(method, *request);
    if (written == nullptr) return;
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(3)) << method.path << " " << what_;
    const auto read = ReadBack(store, *request, *written);
    if (read == nullptr) return;
    const auto texts = TextsOf(*read);
    for (const auto& [path, value] : expected) {
      ++compared_;
      const auto found = texts.find(path);
      EXPECT_EQ(found != texts.end() ? found->second : "nothing", value) << method.path << " " << path;
    }
  }

  std::vector<Store> Stores();
  void OpenTenant();
  void PrepareAlert(caseload::v1::AcknowledgeSafetyAlertRequest& request);
  std::string OpenCase(const std::string& person);
  std::string EndedEmergencyAccess();

  TestUser tenant_ = world().native();  // of an organization that identity knows
  std::string user_, need_;
  int compared_ = 0;
};

std::string HostileText::OpenCase(const std::string& person) {
  caseload::v1::OpenCaseRequest request;
  request.mutable_case_record()->set_person(person);
  return Must<caseload::v1::OpenCaseResponse>("Cases/OpenCase", request).case_record().name();
}

std::string HostileText::EndedEmergencyAccess() {
  who_ = TestUser::Make({}, world().native().organization);
  identity::v1::RequestEmergencyAccessRequest request;
  request.set_person(world().names().at("persons"));
  request.set_reason(static_cast<identity::v1::EmergencyAccess::Reason>(1));
  request.set_explanation("alone on a bridge");
  request.mutable_duration()->set_seconds(600);
  identity::v1::EndEmergencyAccessRequest end;
  end.set_name(Must<identity::v1::RequestEmergencyAccessResponse>("EmergencyAccesses/RequestEmergencyAccess", request)
                   .emergency_access()
                   .name());
  Must<identity::v1::EndEmergencyAccessResponse>("EmergencyAccesses/EndEmergencyAccess", end);
  who_ = world().native();
  return end.name();
}

void HostileText::OpenTenant() {
  identity::v1::CreateOrganizationRequest create;
  create.mutable_organization()->set_display_name("School");
  create.mutable_organization()->set_kind(identity::v1::Organization::KIND_SCHOOL);
  create.mutable_administrator()->set_login(absl::StrCat(TestUser::Make({}).user.ToString(), "@example.org"));
  create.mutable_administrator()->set_display_name("Office");
  create.set_administrator_password("a long enough passphrase");
  const auto created = Must<identity::v1::CreateOrganizationResponse>("Organizations/CreateOrganization", create);
  user_ = created.administrator().name();
  tenant_ = TestUser::Make({}, *rpc::ParseName("organizations", created.organization().name()));
  caseload::v1::AddServiceNeedRequest need;
  need.mutable_service_need()->set_case_record(world().names().at("cases"));
  need.mutable_service_need()->mutable_need()->set_code("housing");
  need_ = Must<caseload::v1::AddServiceNeedResponse>("CarePlans/AddServiceNeed", need).service_need().name();
}

// Each acknowledgement needs an alert of its own: an answer that raises one.
void HostileText::PrepareAlert(caseload::v1::AcknowledgeSafetyAlertRequest& request) {
  assessment::v1::RecordAssessmentRequest record;
  record.mutable_assessment()->set_person(world().names().at("persons"));
  record.mutable_assessment()->set_instrument("instruments/phq-9");
  record.mutable_assessment()->set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
  for (const char* const item :
       {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"}) {
    auto* const answer = record.mutable_assessment()->add_answers();
    answer->set_item(item);
    answer->set_option("several-days");
  }
  Must<assessment::v1::RecordAssessmentResponse>("Assessments/RecordAssessment", record);
  caseload::v1::ListSafetyAlertsRequest list;
  list.set_state(caseload::v1::SafetyAlert::STATE_OPEN);
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  caseload::v1::ListSafetyAlertsResponse alerts;
  while (alerts.safety_alerts().empty() && absl::Now() < limit) {
    alerts = Must<caseload::v1::ListSafetyAlertsResponse>("SafetyAlerts/ListSafetyAlerts", list);
    absl::SleepFor(absl::Milliseconds(20));
  }
  ASSERT_FALSE(alerts.safety_alerts().empty());
  request.set_name(alerts.safety_alerts(0).name());
  request.set_etag(alerts.safety_alerts(0).etag());
}

// The request with its type.
template <class Request>
std::function<void(Message&)> Prepared(std::function<void(Request&)> change) {
  return [change = std::move(change)](Message& request) { change(static_cast<Request&>(request)); };
}

// What the samples cannot know of a person.
void Correct(identity::v1::Person& person) {
  person.clear_birth_date();
  person.clear_death_date();
  person.set_phones(0, "+44 20 7946 0000");
}

std::vector<Store> HostileText::Stores() {
  return {
      {"Persons/RegisterPerson",
       "Persons/GetPerson",
       "person.",
       "person.",
       Prepared<identity::v1::RegisterPersonRequest>([](auto& request) {
         Correct(*request.mutable_person());
         request.mutable_person()->clear_name();
       }),
       {"person.phones"}},
      {"Persons/UpdatePerson",
       "Persons/GetPerson",
       "person.",
       "person.",
       Prepared<identity::v1::UpdatePersonRequest>([](auto& request) {
         Correct(*request.mutable_person());
         request.mutable_person()->clear_identifiers();  // those who were registered have them
       }),
       {"person.phones"}},
      {"Organizations/CreateOrganization", "Organizations/GetOrganization", "organization.", "organization.",
       Prepared<identity::v1::CreateOrganizationRequest>([this](auto& request) {
         request.mutable_organization()->clear_name();
         request.mutable_administrator()->clear_name();
         request.mutable_administrator()->set_login(absl::StrCat(TestUser::Make({}).user.ToString(), "@example.org"));
         request.set_administrator_password("a long enough passphrase");
         who_ = tenant_;
       })},
      {"Organizations/UpdateOrganization", "Organizations/GetOrganization", "organization.", "organization.",
       Prepared<identity::v1::UpdateOrganizationRequest>([this](auto& request) {
         request.mutable_organization()->set_name(absl::StrCat("organizations/", tenant_.organization.ToString()));
         request.mutable_update_mask()->set_paths(0, "display_name");
         who_ = tenant_;
       })},
      {"Users/CreateUser", "Users/GetUser", "user.", "user.",
       Prepared<identity::v1::CreateUserRequest>([this](auto& r) {
         r.mutable_user()->clear_name();
         r.mutable_user()->set_login(absl::StrCat(TestUser::Make({}).user.ToString(), "@example.org"));
         r.mutable_user()->clear_roles();
         r.mutable_user()->add_roles(options::v1::ROLE_SERVICE_ACCOUNT);  // needs no password, which takes time
         r.clear_password();
         who_ = tenant_;
       })},
      {"Users/UpdateUser", "Users/GetUser", "user.", "user.",
       Prepared<identity::v1::UpdateUserRequest>([this](auto& request) {
         request.mutable_user()->set_name(user_);
         request.mutable_update_mask()->set_paths(0, "display_name");
         who_ = tenant_;
       })},
      {"EmergencyAccesses/RequestEmergencyAccess", "EmergencyAccesses/GetEmergencyAccess", "explanation",
       "emergency_access.explanation", Prepared<identity::v1::RequestEmergencyAccessRequest>([this](auto& request) {
         request.set_person(world().names().at("persons"));
         request.clear_identifier();
         request.mutable_duration()->set_seconds(600);
         who_ = TestUser::Make({}, world().native().organization);  // whom the person does not know
       })},
      {"EmergencyAccesses/ReviewEmergencyAccess", "EmergencyAccesses/GetEmergencyAccess", "note",
       "emergency_access.review_note", Prepared<identity::v1::ReviewEmergencyAccessRequest>([this](auto& request) {
         request.set_name(EndedEmergencyAccess());
         request.set_verdict(identity::v1::EmergencyAccess::VERDICT_NOT_JUSTIFIED);
       })},
      {"Populations/CreatePopulation", "Populations/GetPopulation", "population.", "population.",
       Prepared<caseload::v1::CreatePopulationRequest>([](auto&) {})},
      {"CarePlans/AddServiceNeed", "CarePlans/GetServiceNeed", "service_need.", "service_need.",
       Prepared<caseload::v1::AddServiceNeedRequest>([](auto&) {})},
      {"CarePlans/UpdateServiceNeed", "CarePlans/GetServiceNeed", "note", "service_need.note",
       Prepared<caseload::v1::UpdateServiceNeedRequest>([this](auto& request) { request.set_name(need_); })},
      {"Cases/CloseCase", "Cases/GetCase", "note", "case_record.close_note",
       Prepared<caseload::v1::CloseCaseRequest>(
           [this](auto& request) { request.set_name(OpenCase(RegisterPerson())); })},
      {"SafetyAlerts/AcknowledgeSafetyAlert", "SafetyAlerts/GetSafetyAlert", "note", "safety_alert.action_note",
       Prepared<caseload::v1::AcknowledgeSafetyAlertRequest>([this](auto& request) { PrepareAlert(request); })},
  };
}

TEST_F(HostileText, WhatMayBeStoredComesBackByteForByte) {
  may_write_ = true;
  OpenTenant();
  const auto before = world().Rows();
  for (const Store& store : Stores()) {
    for (const std::string& text : HostileTexts()) {
      what_ = text;
      StoreAndRead(store, [&](const FieldDescriptor& field) { return Fit(field, text); });
    }
    what_ = "the longest text";
    StoreAndRead(store, [](const FieldDescriptor& field) { return Longest(field, "\xF0\xA0\x80\x80"); });
  }
  const auto after = world().Rows();
  for (const auto& [table, rows] : before) {
    const auto found = after.find(table);
    ASSERT_TRUE(found != after.end()) << table << " is gone";
    EXPECT_GE(found->second, rows) << table;
  }
  EXPECT_EQ(after.size(), before.size());
  EXPECT_GT(compared_, 500);
  std::cout << "  " << compared_ << " texts came back\n";
}

constexpr char kMark[] = "Zebulon";

// Whether a refusal says again what it refuses.
bool IsEchoed(const grpc::Status& status, const std::string& value) {
  for (const std::string& said : {status.error_message(), status.error_details()}) {
    if (absl::StrContains(said, "Zebu") || absl::StrContains(said, value)) return true;
  }
  return false;
}

// Calls with a copy of the sample that has `texts` in turn in each of its free texts.
void ForEachText(
    const Message& sample, const std::vector<std::string>& texts,
    const std::function<void(const Message& request, const std::string& path, const std::string& value)>& visit) {
  const std::unique_ptr<Message> request(sample.New());
  request->CopyFrom(sample);
  ForEachPlace(*request, [&](const Place& place) {
    if (!IsFreeText(place)) return;
    const std::string good = TextsOf(*request)[place.path];
    for (const std::string& text : texts) {
      const std::string value = Fit(*place.field, absl::StrCat(text, kMark));
      SetText(place, value);
      visit(*request, place.path, value);
    }
    SetText(place, good);
  });
}

TEST_F(HostileText, WhatMayNotBeStoredIsRefusedByNameAndNotSaidAgain) {
  const std::vector<std::string> unsafe = {std::string(1, '\0'), "\x01",         "\x1B[2J",     "\r", "\x7F",
                                           "\xC2\x9B",           "\xE2\x80\xAE", "\xE2\x81\xA7"};
  int refused = 0;
  for (const Method& method : world().methods()) {
    const auto sample = Sample(method.prototype(), world().names());
    ForEachText(*sample, unsafe, [&](const Message& request, const std::string& path, const std::string& value) {
      ++refused;
      const std::string what = absl::StrCat(path, " with an unsafe character");
      const grpc::Status status = world().Call(method, request.SerializeAsString()).status;
      ExpectRefused(method, what, status, {StatusCode::INVALID_ARGUMENT});
      if (FieldsOf(status) != std::vector<std::string>{path}) {
        Complain(method, what, absl::StrCat("names [", absl::StrJoin(FieldsOf(status), ", "), "]"), status);
      }
      if (IsEchoed(status, value)) Complain(method, what, "says the text again", status);
    });
  }
  EXPECT_GT(refused, 300);
}

// Such a request cannot be read at all, so that nobody can tell which field it was.
TEST_F(HostileText, WhatIsNotUtf8IsRefusedAndNotSaidAgain) {
  int refused = 0;
  for (const Method& method : world().methods()) {
    const auto sample = Sample(method.prototype(), world().names());
    ForEachText(*sample, NotUtf8(), [&](const Message& request, const std::string& path, const std::string& value) {
      ++refused;
      const grpc::Status status = world().Call(method, request.SerializeAsString()).status;
      ExpectRefused(method, path, status, {StatusCode::INVALID_ARGUMENT});
      if (IsEchoed(status, value)) Complain(method, path, "says the text again", status);
    });
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace trellis::fault
