// A text that occurs nowhere else is put into every personal field, all services run through a person's story, and then
// it is looked for wherever it must not be: logs, metrics, statuses, and every file of the database server.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/runtime/runtime.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/contract/descriptors.h"
#include "tests/integration/protection/protection_world.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::protection {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::Reflection;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::TestService;

constexpr char kCanary[] = "xylocanary";  // lower case; every canary begins with it

// Where one text was found, in short.
class Findings {
 public:
  void Look(const std::string& where, absl::string_view content) {
    const std::string lower = absl::AsciiStrToLower(content);
    for (const absl::string_view needle : {absl::string_view(kCanary), absl::string_view(ProtectionWorld::kPhone)}) {
      int count = 0;
      for (auto at = lower.find(needle.data(), 0, needle.size()); at != std::string::npos;
           at = lower.find(needle.data(), at + 1, needle.size())) {
        ++count;
      }
      if (count > 0) found_.push_back(absl::StrCat(where, ": ", needle, " ", count, " times"));
    }
    bytes_ += content.size();
  }
  const std::vector<std::string>& all() const { return found_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<std::string> found_;
  std::size_t bytes_ = 0;
};

// Texts of a person that callers send, by the full name of their fields: those of `message` and of all that it holds.
// What is no free text, and what is of staff (services/identity/README.md says why that stands clear), is left out.
class PersonalTexts {
 public:
  void Add(const Descriptor& message) {
    if (!seen_.insert(&message).second) return;
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      const auto& policy = field.options().GetExtension(options::v1::field);
      if (policy.output_only()) continue;
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) Add(*field.message_type());
      const bool about_somebody = policy.sensitivity() == options::v1::SENSITIVITY_PERSONAL ||
                                  policy.sensitivity() == options::v1::SENSITIVITY_CLINICAL;
      const bool any_text = policy.format() == options::v1::FORMAT_UNSPECIFIED ||
                            policy.format() == options::v1::FORMAT_MULTILINE ||
                            policy.format() == options::v1::FORMAT_EMAIL;
      const bool is_text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && policy.max_length() >= 8;
      if (about_somebody && any_text && is_text && !kOfStaff.contains(field.full_name()))
        names_.insert(field.full_name());
    }
  }
  const std::set<std::string>& names() const { return names_; }

 private:
  inline static const std::set<std::string> kOfStaff = {"trellis.identity.v1.User.login",
                                                        "trellis.identity.v1.User.display_name",
                                                        "trellis.identity.v1.SignInRequest.login"};
  std::set<const Descriptor*> seen_;
  std::set<std::string> names_;
};

bool HoldsCanary(absl::string_view text) {
  return absl::StrContains(absl::AsciiStrToLower(text), kCanary) || text == ProtectionWorld::kPhone;
}

// The fields of a message that hold a canary, by full name.
void CollectFields(const Message& message, std::set<std::string>& names) {
  std::vector<const FieldDescriptor*> set;
  const Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* const field : set) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        CollectFields(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field),
                      names);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                 HoldsCanary(field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                                  : reflection.GetString(message, field))) {
        names.insert(field->full_name());
      }
    }
  }
}

class CanaryTest : public ProtectionWorld {
 protected:
  void SetUp() override {
    ProtectionWorld::SetUp();
    log::Options options;
    options.service = "canary";
    options.lowest = log::Severity::kDebug;
    options.sink = [this](absl::string_view line) {
      std::lock_guard lock(mutex_);
      absl::StrAppend(&log_, line);
    };
    log::Configure(std::move(options));
  }
  void TearDown() override {
    log::Options options;
    options.lowest = log::Severity::kError;
    log::Configure(std::move(options));
  }

  // Every field its own: "Xylocanary12".
  std::string CanaryOf(const std::string& field) {
    const int number = numbers_.emplace(field, static_cast<int>(numbers_.size())).first->second;
    return absl::StrCat("Xylocanary", number);
  }

  void OnRequest(const Message& request) override { CollectFields(request, sent_); }

  // Every text about a person that one of the services takes.
  static std::set<std::string> AllPersonalTexts() {
    PersonalTexts texts;
    contract::ForEachMethod([&](const MethodDescriptor& method) { texts.Add(*method.input_type()); });
    return texts.names();
  }

  // What callers are told where something is wrong with what they sent.
  void CollectStatuses() {
    identity::v1::RegisterPersonRequest person;
    person.mutable_person()->set_given_names(CanaryOf("person.given_names"));
    person.mutable_person()->add_emails(CanaryOf("person.emails"));  // no address
    person.mutable_person()->mutable_birth_date()->set_year(2008);
    person.mutable_person()->mutable_birth_date()->set_month(2);
    person.mutable_person()->mutable_birth_date()->set_day(31);
    identity::v1::RegisterPersonResponse no_person;
    Keep(Call(*identity_, coordinator_, &identity::v1::Persons::Stub::RegisterPerson, person, &no_person));
    person.mutable_person()->clear_emails();
    Keep(Call(*identity_, coordinator_, &identity::v1::Persons::Stub::RegisterPerson, person, &no_person));
    // An identifier that somebody has.
    person.mutable_person()->clear_birth_date();
    person.mutable_person()->set_family_names("Other");
    auto& identifier = *person.mutable_person()->add_identifiers();
    identifier.set_system(CanaryOf("person.identifiers.system"));
    identifier.set_value(CanaryOf("person.identifiers.value"));
    Keep(Call(*identity_, coordinator_, &identity::v1::Persons::Stub::RegisterPerson, person, &no_person));
    assessment::v1::RecordAssessmentRequest record;
    record.mutable_assessment()->set_person("persons/" + NewId());
    record.mutable_assessment()->set_instrument("instruments/phq-9");
    auto& answer = *record.mutable_assessment()->add_answers();
    answer.set_item("44250-9");  // takes no text
    answer.set_text(CanaryOf("answer.text"));
    assessment::v1::RecordAssessmentResponse not_recorded;
    Keep(Call(*assessment_, coordinator_, &assessment::v1::Assessments::Stub::RecordAssessment, record, &not_recorded));
    caseload::v1::CloseCaseRequest close;
    close.set_name("cases/" + NewId());
    close.set_note(CanaryOf("case.close_note"));
    close.set_reason(caseload::v1::Case::CLOSE_REASON_MOVED_AWAY);
    caseload::v1::CloseCaseResponse not_closed;
    Keep(Call(*caseload_, coordinator_, &caseload::v1::Cases::Stub::CloseCase, close, &not_closed));
  }
  void Keep(const grpc::Status& status) {
    EXPECT_FALSE(status.ok());
    absl::StrAppend(&statuses_, status.error_message(), status.error_details(), "\n");
  }

  // Everything but the requests and the responses themselves.
  Findings LookEverywhere() {
    Findings findings;
    findings.Look("statuses", statuses_);
    for (TestService* const service : services()) {
      findings.Look("metrics", service->runtime().metrics().Text());
      findings.Look("dump of " + service->pool().settings().schema, Dump(*service, ""));
    }
    StopAll();
    {
      std::lock_guard lock(mutex_);
      findings.Look("log", log_);
    }
    server().Stop();  // writes out what is in memory alone
    for (const auto& file : std::filesystem::recursive_directory_iterator(server().folder())) {
      if (!file.is_regular_file()) continue;
      std::ostringstream content;
      content << std::ifstream(file.path(), std::ios::binary).rdbuf();
      findings.Look(file.path().filename().string(), content.str());
    }
    EXPECT_TRUE(server().Restart().ok());  // for the schemas to be dropped
    return findings;
  }

  std::mutex mutex_;
  std::string log_;  // guarded by mutex_
  std::string statuses_;
  std::map<std::string, int> numbers_;
  std::set<std::string> sent_;  // fields that a canary was sent in
};

TEST_F(CanaryTest, IsFoundNowhere) {
  const Story story = Tell([this](const std::string& field) { return CanaryOf(field); });
  CollectStatuses();
  identity::v1::SearchPersonsRequest search;
  search.set_name_query(CanaryOf("person.family_names"));
  EXPECT_EQ(Must(*identity_, coordinator_, &identity::v1::Persons::Stub::SearchPersons, search).persons_size(), 1);

  const std::set<std::string> all = AllPersonalTexts();
  EXPECT_THAT(all, ::testing::Contains("trellis.identity.v1.Person.family_names"));
  std::vector<std::string> left_out;
  std::ranges::set_difference(all, sent_, std::back_inserter(left_out));
  EXPECT_THAT(left_out, IsEmpty()) << "a text about a person that this story does not tell";
  const Findings findings = LookEverywhere();
  EXPECT_THAT(findings.all(), IsEmpty());
  EXPECT_GT(findings.bytes(), 50u << 20) << "the server's files were looked into";
  std::cout << all.size() << " fields, " << findings.bytes() / (1 << 20) << " MiB looked through\n";
}

// The search itself has to be worth something: a service that forgot to seal, and one that logs a request, are found.
TEST_F(CanaryTest, IsFoundWhereItWasLeft) {
  ASSERT_TRUE(caseload_->pool()
                  .Transact(absl::Now() + absl::Seconds(10),
                            [&](db::Session& tx) {
                              return tx
                                  .Execute(
                                      "INSERT INTO idempotency (organization_id, principal_id, method, request_id,"
                                      " request_hash, response, create_time) VALUES (?, ?, 'm', ?, 'h', ?, ?)",
                                      coordinator_.organization, coordinator_.user, coordinator_.session,
                                      "forgotten Xylocanary99", absl::Now())
                                  .status();
                            })
                  .ok());
  log::Info("registering", {{"request", "given_names: Xylocanary98"}});
  const Findings findings = LookEverywhere();
  for (const char* where : {"log", "dump of ", "idempotency.ibd", "binlog.0", "ib_logfile0"}) {
    EXPECT_THAT(findings.all(), ::testing::Contains(::testing::HasSubstr(where)));
  }
}

}  // namespace
}  // namespace trellis::protection
