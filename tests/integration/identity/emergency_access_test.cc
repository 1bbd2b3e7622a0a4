// Emergency access: what it opens, what it needs, whom it tells, and who looks at it afterwards.
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/metrics/registry.h"
#include "common/rpc/timestamps.h"
#include "common/runtime/runtime.h"
#include "common/testing/fault_point.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/fixture.h"
#include "tests/support/fresh_factor.h"
#include "trellis/audit/v1/audit_log.grpc.pb.h"
#include "trellis/identity/v1/emergency_accesses.grpc.pb.h"

namespace trellis::identity {
namespace {

using audit::v1::AuditLog;
using options::v1::ROLE_CLINICIAN;
using options::v1::ROLE_COORDINATOR;
using options::v1::ROLE_PRIVACY_OFFICER;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestUser;
using Emergencies = v1::EmergencyAccesses::Stub;

constexpr char kWhy[] = "Says on the telephone that he has taken all his tablets.";

// How the caller has proved who they are.
struct Proof {
  std::vector<std::string> methods = {"pwd", "otp"};
  absl::Duration ago = absl::ZeroDuration();
};

class EmergencyAccessTest : public IdentityTest {
 protected:
  v1::RequestEmergencyAccessRequest Wanted(int minutes = 60) const {
    v1::RequestEmergencyAccessRequest request;
    request.set_person(person_);
    request.set_reason(v1::EmergencyAccess::REASON_RISK_TO_LIFE);
    request.set_explanation(kWhy);
    request.mutable_duration()->set_seconds(60 * minutes);
    return request;
  }
  Answer<v1::RequestEmergencyAccessResponse> Ask(const TestUser& who, const v1::RequestEmergencyAccessRequest& request,
                                                 const Proof& proof = Proof()) {
    Answer<v1::RequestEmergencyAccessResponse> answer;
    const auto context = testing::WithToken(testing::TokenProvedBy(who, clock(), proof.methods, proof.ago));
    answer.status = emergencies_->RequestEmergencyAccess(context.get(), request, &answer.value);
    return answer;
  }
  // Granted to the clinician.
  v1::EmergencyAccess Given(int minutes = 60) {
    const auto answer = Ask(clinician_, Wanted(minutes));
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    clock().Advance(absl::Milliseconds(2));
    return answer.value.emergency_access();
  }
  Answer<v1::EndEmergencyAccessResponse> End(const TestUser& who, const std::string& name) {
    v1::EndEmergencyAccessRequest request;
    request.set_name(name);
    return Call(who, *emergencies_, &Emergencies::EndEmergencyAccess, request);
  }
  Answer<v1::GetEmergencyAccessResponse> Read(const TestUser& who, const std::string& name) {
    v1::GetEmergencyAccessRequest request;
    request.set_name(name);
    return Call(who, *emergencies_, &Emergencies::GetEmergencyAccess, request);
  }
  Answer<v1::ReviewEmergencyAccessResponse> Review(const TestUser& who, const std::string& name,
                                                   v1::EmergencyAccess::Verdict verdict, const std::string& note = "") {
    v1::ReviewEmergencyAccessRequest request;
    request.set_name(name);
    request.set_verdict(verdict);
    request.set_note(note);
    return Call(who, *emergencies_, &Emergencies::ReviewEmergencyAccess, request);
  }
  std::vector<std::string> Listed(const TestUser& who, bool unreviewed = false) {
    v1::ListEmergencyAccessesRequest request;
    request.set_unreviewed(unreviewed);
    const auto answer = Call(who, *emergencies_, &Emergencies::ListEmergencyAccesses, request);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    std::vector<std::string> names;
    for (const auto& emergency : answer.value.emergency_accesses()) names.push_back(emergency.name());
    return names;
  }

  std::int64_t Count(absl::string_view sql) {
    std::int64_t count = -1;
    const absl::Status status =
        service().pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::int64_t>(sql, clinician_.organization));
          count = std::get<0>(*row);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return count;
  }
  // Of this test's organization: entries of the queue, relations, alerts.
  std::vector<std::int64_t> Written() {
    return {Count("SELECT COUNT(*) FROM emergency_access WHERE organization_id = ?"),
            Count("SELECT COUNT(*) FROM access_relation WHERE organization_id = ? AND kind = 4"),
            Count("SELECT COUNT(*) FROM event WHERE organization_id = ? AND type = "
                  "'trellis.identity.v1.EmergencyAccessRequested'")};
  }

  // The audit of what the clinician did about the person, oldest first, once so many records are there.
  std::vector<audit::v1::AuditRecord> Audited(int count) {
    audit::v1::ListAuditRecordsRequest request;
    request.set_person(person_);
    request.set_user(NameOf("users", clinician_.user));
    std::vector<audit::v1::AuditRecord> records;
    const auto log = AuditLog::NewStub(service().channel());
    for (const absl::Time limit = absl::Now() + absl::Seconds(20); absl::Now() < limit;
         absl::SleepFor(absl::Milliseconds(50))) {
      const auto answer = Call(officer_, *log, &AuditLog::Stub::ListAuditRecords, request);
      EXPECT_TRUE(answer.ok()) << answer.status.error_message();
      records.clear();
      for (const auto& chained : answer.value.records()) records.insert(records.begin(), chained.record());
      if (static_cast<int>(records.size()) >= count) break;
    }
    return records;
  }

  std::unique_ptr<v1::EmergencyAccesses::Stub> emergencies_ = v1::EmergencyAccesses::NewStub(service().channel());
  const TestUser owner_ = TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  const TestUser clinician_ = TestUser::Make({ROLE_CLINICIAN}, administrator_.organization);
  const TestUser officer_ = TestUser::Make({ROLE_PRIVACY_OFFICER}, administrator_.organization);
  const std::string person_ = Registered(owner_, "Anna", "Kowalska");
};

TEST_F(EmergencyAccessTest, OpensReadingOfOnePersonForItsTime) {
  const std::string another = Registered(owner_, "Boris", "Petrov");
  ASSERT_EQ(Get(clinician_, person_).code(), grpc::StatusCode::NOT_FOUND);
  const auto answer = Ask(clinician_, Wanted(60));
  ASSERT_TRUE(answer.ok()) << answer.status.error_message();
  const v1::EmergencyAccess& emergency = answer.value.emergency_access();
  EXPECT_EQ(emergency.person(), person_);
  EXPECT_EQ(emergency.user(), NameOf("users", clinician_.user));
  EXPECT_EQ(emergency.reason(), v1::EmergencyAccess::REASON_RISK_TO_LIFE);
  EXPECT_EQ(emergency.explanation(), kWhy);
  EXPECT_EQ(emergency.state(), v1::EmergencyAccess::STATE_LIVE);
  EXPECT_EQ(rpc::FromTimestamp(emergency.expire_time()), clock().Now() + absl::Minutes(60));
  EXPECT_FALSE(emergency.has_end_time());
  EXPECT_EQ(emergency.verdict(), v1::EmergencyAccess::VERDICT_UNSPECIFIED);

  EXPECT_EQ(Get(clinician_, person_).value.person().given_names(), "Anna");
  EXPECT_EQ(Get(clinician_, another).code(), grpc::StatusCode::NOT_FOUND);
  const TestUser colleague = TestUser::Make({ROLE_CLINICIAN}, clinician_.organization);
  EXPECT_EQ(Get(colleague, person_).code(), grpc::StatusCode::NOT_FOUND);

  clock().Advance(absl::Minutes(60) - absl::Microseconds(1));
  EXPECT_TRUE(Get(clinician_, person_).ok());
  EXPECT_EQ(Read(clinician_, emergency.name()).value.emergency_access().state(), v1::EmergencyAccess::STATE_LIVE);
  clock().Advance(absl::Microseconds(1));
  EXPECT_EQ(Get(clinician_, person_).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Read(clinician_, emergency.name()).value.emergency_access().state(), v1::EmergencyAccess::STATE_EXPIRED);
  EXPECT_TRUE(Ask(clinician_, Wanted(1)).ok()) << "a further emergency";
  EXPECT_TRUE(Get(clinician_, person_).ok());
}

TEST_F(EmergencyAccessTest, ChangesNothingListsNothingAndHandsNothingOn) {
  Given();
  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name(person_);
  update.mutable_person()->set_preferred_name("Ania");
  EXPECT_EQ(Call(clinician_, *persons_, &v1::Persons::Stub::UpdatePerson, update).code(), grpc::StatusCode::NOT_FOUND);
  const std::string self = NameOf("users", clinician_.user);
  const std::string colleague = NameOf("users", NewUser({ROLE_CLINICIAN}).user);
  for (const std::string& subject : {self, colleague}) {
    EXPECT_EQ(Grant(clinician_, v1::RELATION_KIND_CARE_TEAM, person_, subject).code(), grpc::StatusCode::NOT_FOUND);
    for (const TestUser& who : {clinician_, owner_}) {
      EXPECT_THAT(WrongFields(Grant(who, v1::RELATION_KIND_EMERGENCY, person_, subject).status),
                  ElementsAre("relation.kind"));
    }
  }
  EXPECT_THAT(WrongFields(Revoke(owner_, v1::RELATION_KIND_EMERGENCY, person_, self).status), ElementsAre("kind"));
  v1::RecordConsentRequest consent;
  consent.mutable_consent()->set_person(person_);
  NewOrganization(consent.mutable_consent()->mutable_recipient());
  consent.mutable_consent()->add_purposes(v1::CONSENT_PURPOSE_TREATMENT);
  consent.mutable_consent()->add_categories(v1::CONSENT_CATEGORY_NEEDS);
  consent.mutable_consent()->set_grantor(v1::Consent::GRANTOR_PERSON);
  EXPECT_EQ(Call(clinician_, *consents_, &v1::Consents::Stub::RecordConsent, consent).code(),
            grpc::StatusCode::NOT_FOUND);

  EXPECT_EQ(
      Call(clinician_, *persons_, &v1::Persons::Stub::SearchPersons, v1::SearchPersonsRequest()).value.persons_size(),
      0);
  v1::BatchGetPersonsRequest batch;
  batch.add_names(person_);
  EXPECT_EQ(Call(clinician_, *persons_, &v1::Persons::Stub::BatchGetPersons, batch).code(),
            grpc::StatusCode::NOT_FOUND);
  v1::ListRelationsRequest relations;
  relations.set_resource(person_);
  const auto listed = Call(owner_, *relations_, &v1::AccessRelations::Stub::ListRelations, relations);
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed.value.relations_size(), 1);  // the owner's

  v1::ListConsentsRequest of_person;
  of_person.set_person(person_);
  EXPECT_TRUE(Call(clinician_, *consents_, &v1::Consents::Stub::ListConsents, of_person).ok());
  v1::CheckAccessRequest check;
  check.set_person(person_);
  const auto checked = Call(clinician_, *relations_, &v1::AccessRelations::Stub::CheckAccess, check);
  EXPECT_FALSE(checked.value.allowed());
  EXPECT_TRUE(checked.value.allowed_in_emergency());
}

TEST_F(EmergencyAccessTest, NeedsEachOfItsConditions) {
  EXPECT_EQ(Ask(clinician_, Wanted(), {.methods = {"pwd"}}).reason(), "SECOND_FACTOR_REQUIRED");
  EXPECT_EQ(Ask(clinician_, Wanted(), {.ago = absl::Minutes(5) + absl::Seconds(1)}).reason(), "SECOND_FACTOR_REQUIRED");
  for (const options::v1::Role role :
       {ROLE_PRIVACY_OFFICER, options::v1::ROLE_ORGANIZATION_ADMINISTRATOR, options::v1::ROLE_PROVIDER_STAFF}) {
    TestUser other = clinician_;
    other.roles = {role};
    EXPECT_EQ(Ask(other, Wanted()).reason(), "ROLE_MISSING");
  }
  const auto wrong = [&](const std::function<void(v1::RequestEmergencyAccessRequest&)>& change) {
    v1::RequestEmergencyAccessRequest request = Wanted();
    change(request);
    const auto answer = Ask(clinician_, request);
    EXPECT_EQ(answer.code(), grpc::StatusCode::INVALID_ARGUMENT) << answer.status.error_message();
    return WrongFields(answer.status);
  };
  EXPECT_THAT(wrong([](auto& request) { request.clear_reason(); }), ElementsAre("reason"));
  EXPECT_THAT(wrong([](auto& request) { request.clear_explanation(); }), ElementsAre("explanation"));
  EXPECT_THAT(wrong([](auto& request) { request.set_explanation(" \n "); }), ElementsAre("explanation"));
  EXPECT_THAT(wrong([](auto& request) { request.clear_duration(); }), ElementsAre("duration"));
  EXPECT_THAT(wrong([](auto& request) { request.mutable_duration()->set_seconds(59); }), ElementsAre("duration"));
  EXPECT_THAT(wrong([](auto& request) { request.mutable_duration()->set_seconds(3601); }), ElementsAre("duration"));
  EXPECT_THAT(wrong([](auto& request) { request.mutable_duration()->set_nanos(1); }), ElementsAre("duration"));
  EXPECT_THAT(wrong([](auto& request) { request.clear_person(); }), ElementsAre("person"));
  EXPECT_THAT(wrong([](auto& request) { request.set_person(""); }), ElementsAre("person")) << "chosen and left empty";
  EXPECT_THAT(wrong([](auto& request) { request.mutable_identifier()->set_value("943 476 5919"); }),
              ElementsAre("identifier.system"));
  EXPECT_EQ(Ask(owner_, Wanted()).reason(), "RELATION_LIVE");

  TestUser elsewhere = NewOrganization();
  elsewhere.roles = {ROLE_CLINICIAN};
  const auto foreign = Ask(elsewhere, Wanted());
  EXPECT_EQ(foreign.code(), grpc::StatusCode::NOT_FOUND);
  v1::RequestEmergencyAccessRequest unknown = Wanted();
  unknown.set_person(NameOf("persons", TestUser::Make({}).user));
  EXPECT_TRUE(SameRefusal(foreign.status, person_, Ask(clinician_, unknown).status, unknown.person()));
  EXPECT_THAT(Written(), ElementsAre(0, 0, 0));
  EXPECT_THAT(Listed(officer_), IsEmpty());

  EXPECT_TRUE(Ask(clinician_, Wanted(), {.ago = absl::Minutes(4)}).ok());
  EXPECT_EQ(Ask(clinician_, Wanted()).reason(), "RELATION_LIVE") << "nobody prolongs it";
}

TEST_F(EmergencyAccessTest, FindsAPersonByACompleteIdentifier) {
  v1::Person person;
  person.set_given_names("Clara");
  auto& identifier = *person.add_identifiers();
  identifier.set_system("https://fhir.nhs.uk/Id/nhs-number");
  identifier.set_value("943 476 5919");
  const std::string clara = Register(owner_, person).value.person().name();
  v1::RequestEmergencyAccessRequest request = Wanted();
  *request.mutable_identifier() = identifier;
  request.mutable_identifier()->set_value("9434765918");
  const auto nobody = Ask(clinician_, request);
  EXPECT_EQ(nobody.code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_FALSE(absl::StrContains(nobody.status.error_message(), "943"));
  request.mutable_identifier()->set_value("943-476-5919");
  TestUser elsewhere = NewOrganization();
  elsewhere.roles = {ROLE_CLINICIAN};
  EXPECT_TRUE(SameRefusal(Ask(elsewhere, request).status, "-", nobody.status, "-"));
  const auto answer = Ask(clinician_, request);
  ASSERT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.value.emergency_access().person(), clara);
  EXPECT_TRUE(Get(clinician_, clara).ok());
}

TEST_F(EmergencyAccessTest, IsRefusedOnceTheSessionIsOver) {
  const TestUser user = NewUser({ROLE_CLINICIAN});
  const auto token = testing::TokenProvedBy(user, clock());
  clock().Advance(absl::Seconds(1));
  v1::RevokeSessionsRequest revoke;
  revoke.set_user(NameOf("users", user.user));
  ASSERT_TRUE(Call(administrator_, *sessions_, &v1::Sessions::Stub::RevokeSessions, revoke).ok());
  v1::RequestEmergencyAccessResponse response;
  EXPECT_EQ(
      testing::ReasonOf(emergencies_->RequestEmergencyAccess(testing::WithToken(token).get(), Wanted(), &response)),
      "SESSION_ENDED");
}

TEST_F(EmergencyAccessTest, QueueRelationAndAlertComeTogetherOrNotAtAll) {
  {
    const testing::ScopedFault fault("identity.before_emergency_alert", [] { return absl::InternalError("injected"); });
    EXPECT_FALSE(Ask(clinician_, Wanted()).ok());
    EXPECT_EQ(fault.hits(), 1);
  }
  EXPECT_THAT(Written(), ElementsAre(0, 0, 0));
  EXPECT_EQ(Get(clinician_, person_).code(), grpc::StatusCode::NOT_FOUND);
  Given();
  EXPECT_THAT(Written(), ElementsAre(1, 1, 1));
}

// The connection is lost when two of the three are written.
TEST_F(EmergencyAccessTest, ALostConnectionLeavesNoHalves) {
  const auto cut = [] {
    return service().pool().Read(absl::Now() + absl::Seconds(10), [](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(const auto others,
                               session.Query<std::int64_t>("SELECT ID FROM information_schema.PROCESSLIST "
                                                           "WHERE DB = DATABASE() AND ID <> CONNECTION_ID()"));
      for (const auto& [id] : others) static_cast<void>(session.ExecuteText(absl::StrCat("KILL ", id)));
      return absl::OkStatus();
    });
  };
  v1::RequestEmergencyAccessRequest request = Wanted();
  request.set_request_id(NewRequestId());
  const testing::ScopedFault fault("identity.before_emergency_alert", cut, /*times=*/1);
  const auto answer = Ask(clinician_, request);
  EXPECT_EQ(fault.hits(), 1);
  const auto written = Written();
  EXPECT_THAT(written, ::testing::AnyOf(ElementsAre(0, 0, 0), ElementsAre(1, 1, 1)));
  EXPECT_TRUE(!answer.ok() || written[0] == 1);
  EXPECT_TRUE(Ask(clinician_, request).ok());
  EXPECT_THAT(Written(), ElementsAre(1, 1, 1));
}

TEST_F(EmergencyAccessTest, TheAlertHoldsIdsAndACodeOnly) {
  const v1::EmergencyAccess emergency = Given();
  std::string payload;
  ASSERT_TRUE(service()
                  .pool()
                  .Read(absl::Now() + absl::Seconds(10),
                        [&](db::Session& session) -> absl::Status {
                          TRELLIS_ASSIGN_OR_RETURN(const auto row,
                                                   session.QueryOne<std::string>(
                                                       "SELECT payload FROM event WHERE organization_id = ? AND type = "
                                                       "'trellis.identity.v1.EmergencyAccessRequested'",
                                                       clinician_.organization));
                          payload = std::get<0>(*row);
                          return absl::OkStatus();
                        })
                  .ok());
  v1::EmergencyAccessRequested alert;
  ASSERT_TRUE(alert.ParseFromString(payload));
  EXPECT_EQ(alert.emergency_access(), emergency.name());
  EXPECT_EQ(alert.user(), emergency.user());
  EXPECT_EQ(alert.person(), person_);
  EXPECT_EQ(alert.reason(), v1::EmergencyAccess::REASON_RISK_TO_LIFE);
  EXPECT_FALSE(absl::StrContains(payload, "tablets"));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM emergency_access WHERE organization_id = ? AND explanation LIKE '%tablets%'"),
            0)
      << "sealed";
  EXPECT_THAT(service().runtime().metrics().Text(), ::testing::HasSubstr("trellis_emergency_accesses_total"));
}

TEST_F(EmergencyAccessTest, ARepeatedRequestGetsTheFirstAnswer) {
  v1::RequestEmergencyAccessRequest request = Wanted();
  request.set_request_id(NewRequestId());
  const auto first = Ask(clinician_, request);
  const auto second = Ask(clinician_, request);
  ASSERT_TRUE(second.ok()) << second.status.error_message();
  EXPECT_EQ(first.value.emergency_access().name(), second.value.emergency_access().name());
  EXPECT_EQ(second.value.emergency_access().explanation(), kWhy);
  EXPECT_THAT(Written(), ElementsAre(1, 1, 1));
}

TEST_F(EmergencyAccessTest, ManyRequestsAtOnceMakeOne) {
  std::atomic<int> given = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto answer = Ask(clinician_, Wanted());
      given += answer.ok() ? 1 : 0;
      EXPECT_TRUE(answer.ok() || answer.reason() == "RELATION_LIVE") << answer.status.error_message();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(given, 1);
  EXPECT_THAT(Written(), ElementsAre(1, 1, 1));
}

TEST_F(EmergencyAccessTest, EveryReadUnderItSaysSoInTheAudit) {
  const v1::EmergencyAccess emergency = Given();
  ASSERT_TRUE(Get(clinician_, person_).ok());
  v1::ListConsentsRequest consents;
  consents.set_person(person_);
  ASSERT_TRUE(Call(clinician_, *consents_, &v1::Consents::Stub::ListConsents, consents).ok());
  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name(person_);
  update.mutable_person()->set_preferred_name("Ania");
  ASSERT_FALSE(Call(clinician_, *persons_, &v1::Persons::Stub::UpdatePerson, update).ok());
  clock().Advance(absl::Milliseconds(1));  // records are in the order of time
  ASSERT_TRUE(End(clinician_, emergency.name()).ok());
  ASSERT_FALSE(Get(clinician_, person_).ok());
  std::map<std::string, std::vector<std::string>> purposes;
  for (const auto& record : Audited(5)) {
    purposes[record.method().substr(record.method().rfind('.') + 1)].push_back(record.purpose());
  }
  EXPECT_THAT(purposes["RequestEmergencyAccess"], ElementsAre(""));
  EXPECT_THAT(purposes["GetPerson"], ElementsAre("BTG", ""));  // while it was live, and after its end
  EXPECT_THAT(purposes["ListConsents"], ElementsAre("BTG"));
  EXPECT_THAT(purposes["UpdatePerson"], ElementsAre(""));

  // Whoever has a relation as well reads by that.
  clock().Advance(absl::Milliseconds(1));
  ASSERT_TRUE(Ask(clinician_, Wanted()).ok());
  clock().Advance(absl::Milliseconds(1));
  service().AddCareTeam(clinician_.organization, IdOf(person_), clinician_.user);
  ASSERT_TRUE(Get(clinician_, person_).ok());
  EXPECT_EQ(Audited(7).back().purpose(), "");
}

TEST_F(EmergencyAccessTest, EndsAtOnceByTheUserOrAPrivacyOfficer) {
  const v1::EmergencyAccess mine = Given();
  const TestUser colleague = TestUser::Make({ROLE_CLINICIAN, ROLE_COORDINATOR}, clinician_.organization);
  TestUser foreign_officer = NewOrganization();
  foreign_officer.roles = {ROLE_PRIVACY_OFFICER};
  const std::string unknown = NameOf("emergencyAccesses", colleague.user);
  for (const TestUser& other : {colleague, owner_, foreign_officer}) {
    EXPECT_TRUE(SameRefusal(End(other, mine.name()).status, mine.name(), End(other, unknown).status, unknown));
    EXPECT_TRUE(SameRefusal(Read(other, mine.name()).status, mine.name(), Read(other, unknown).status, unknown));
  }
  ASSERT_TRUE(Get(clinician_, person_).ok());
  const auto ended = End(clinician_, mine.name());
  ASSERT_TRUE(ended.ok()) << ended.status.error_message();
  EXPECT_EQ(Get(clinician_, person_).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(End(clinician_, mine.name()).reason(), "EMERGENCY_ACCESS_OVER");
  const v1::EmergencyAccess read = Read(clinician_, mine.name()).value.emergency_access();
  EXPECT_EQ(read.state(), v1::EmergencyAccess::STATE_ENDED);
  EXPECT_EQ(rpc::FromTimestamp(read.end_time()), rpc::FromTimestamp(ended.value.end_time()));

  const v1::EmergencyAccess second = Given();
  ASSERT_TRUE(End(officer_, second.name()).ok());
  EXPECT_EQ(Get(clinician_, person_).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM event WHERE organization_id = ? AND type = "
                  "'trellis.identity.v1.RelationRevoked'"),
            2);
  const v1::EmergencyAccess third = Given(1);
  clock().Advance(absl::Minutes(1));
  EXPECT_EQ(End(officer_, third.name()).reason(), "EMERGENCY_ACCESS_OVER");
}

TEST_F(EmergencyAccessTest, IsReviewedOnceByAnotherPrivacyOfficer) {
  TestUser both = clinician_;
  both.roles = {ROLE_CLINICIAN, ROLE_PRIVACY_OFFICER};
  const v1::EmergencyAccess emergency = Given();
  constexpr auto kJustified = v1::EmergencyAccess::VERDICT_JUSTIFIED;
  EXPECT_EQ(Review(officer_, emergency.name(), kJustified).reason(), "EMERGENCY_ACCESS_LIVE");
  clock().Advance(absl::Minutes(60));
  EXPECT_EQ(Review(both, emergency.name(), kJustified).reason(), "OWN_EMERGENCY_ACCESS");
  EXPECT_EQ(Review(clinician_, emergency.name(), kJustified).reason(), "ROLE_MISSING");
  EXPECT_EQ(Review(owner_, emergency.name(), kJustified).reason(), "ROLE_MISSING");
  EXPECT_EQ(Review(administrator_, emergency.name(), kJustified).reason(), "ROLE_MISSING");
  TestUser foreign = NewOrganization();
  foreign.roles = {ROLE_PRIVACY_OFFICER};
  EXPECT_EQ(Review(foreign, emergency.name(), kJustified).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(WrongFields(Review(officer_, emergency.name(), v1::EmergencyAccess::VERDICT_NOT_JUSTIFIED, "  ").status),
              ElementsAre("note"));
  EXPECT_THAT(Listed(officer_, true), ElementsAre(emergency.name()));

  ASSERT_TRUE(Review(officer_, emergency.name(), v1::EmergencyAccess::VERDICT_NOT_JUSTIFIED, "A neighbour.").ok());
  const v1::EmergencyAccess read = Read(officer_, emergency.name()).value.emergency_access();
  EXPECT_EQ(read.verdict(), v1::EmergencyAccess::VERDICT_NOT_JUSTIFIED);
  EXPECT_EQ(read.reviewer(), NameOf("users", officer_.user));
  EXPECT_EQ(read.review_note(), "A neighbour.");
  EXPECT_EQ(rpc::FromTimestamp(read.review_time()), clock().Now());
  EXPECT_EQ(Review(officer_, emergency.name(), kJustified).reason(), "EMERGENCY_ACCESS_REVIEWED");
  EXPECT_THAT(Listed(officer_, true), IsEmpty());
  EXPECT_THAT(Listed(officer_), ElementsAre(emergency.name()));
}

TEST_F(EmergencyAccessTest, TheQueueHoldsAllOfTheOrganizationAndOthersSeeTheirOwn) {
  const std::string boris = Registered(owner_, "Boris", "Petrov");
  const TestUser colleague = TestUser::Make({ROLE_COORDINATOR}, clinician_.organization);
  const std::string first = Given(1).name();
  v1::RequestEmergencyAccessRequest request = Wanted(1);
  request.set_person(boris);
  const std::string second = Ask(colleague, request).value.emergency_access().name();
  clock().Advance(absl::Milliseconds(2));
  const std::string third = Ask(clinician_, request).value.emergency_access().name();
  TestUser foreign = NewOrganization();
  foreign.roles = {ROLE_PRIVACY_OFFICER};
  EXPECT_THAT(Listed(officer_), ElementsAre(first, second, third));
  EXPECT_THAT(Listed(clinician_), ElementsAre(first, third));
  EXPECT_THAT(Listed(colleague), ElementsAre(second));
  EXPECT_THAT(Listed(owner_), IsEmpty());
  EXPECT_THAT(Listed(foreign), IsEmpty());

  clock().Advance(absl::Minutes(1));
  ASSERT_TRUE(Review(officer_, second, v1::EmergencyAccess::VERDICT_JUSTIFIED).ok());
  EXPECT_THAT(Listed(officer_, true), ElementsAre(first, third));
  EXPECT_THAT(Listed(colleague, true), IsEmpty());
  v1::ListEmergencyAccessesRequest page;
  page.set_page_size(2);
  const auto begin = Call(officer_, *emergencies_, &Emergencies::ListEmergencyAccesses, page);
  ASSERT_EQ(begin.value.emergency_accesses_size(), 2);
  EXPECT_EQ(begin.value.emergency_accesses(0).explanation(), kWhy);
  page.set_page_token(begin.value.next_page_token());
  const auto rest = Call(officer_, *emergencies_, &Emergencies::ListEmergencyAccesses, page);
  ASSERT_EQ(rest.value.emergency_accesses_size(), 1);
  EXPECT_EQ(rest.value.emergency_accesses(0).name(), third);
  EXPECT_TRUE(rest.value.next_page_token().empty());
}

TEST_F(EmergencyAccessTest, WhatWasWrittenGoesWithThePersonAndTheVerdictStays) {
  const v1::EmergencyAccess emergency = Given();
  v1::ErasePersonRequest erase;
  erase.set_name(person_);
  erase.set_reason(v1::ERASURE_REASON_REQUEST);
  ASSERT_TRUE(Call(officer_, *persons_, &v1::Persons::Stub::ErasePerson, erase).ok());
  EXPECT_EQ(Get(clinician_, person_).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM access_relation WHERE organization_id = ? AND kind = 4 "
                  "AND revoke_time IS NULL"),
            0);
  const auto read = Read(officer_, emergency.name());
  ASSERT_TRUE(read.ok()) << read.status.error_message();
  EXPECT_EQ(read.value.emergency_access().explanation(), "");
  EXPECT_EQ(read.value.emergency_access().reason(), v1::EmergencyAccess::REASON_RISK_TO_LIFE);
  EXPECT_THAT(Listed(officer_, true), ElementsAre(emergency.name()));
  EXPECT_EQ(Ask(clinician_, Wanted()).code(), grpc::StatusCode::NOT_FOUND);

  ASSERT_TRUE(End(officer_, emergency.name()).ok());
  const auto reviewed = Review(officer_, emergency.name(), v1::EmergencyAccess::VERDICT_JUSTIFIED, "It was right.");
  ASSERT_TRUE(reviewed.ok()) << reviewed.status.error_message();
  EXPECT_THAT(Listed(officer_, true), IsEmpty());
  EXPECT_EQ(Read(officer_, emergency.name()).value.emergency_access().review_note(), "");
}

}  // namespace
}  // namespace trellis::identity
