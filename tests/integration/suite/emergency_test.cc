// Emergency access that identity gave, as another service holds to it.
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/testing/test_service.h"
#include "gmock/gmock.h"
#include "services/assessment/api/service.h"
#include "services/identity/api/service.h"
#include "tests/support/fresh_factor.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/assessment/v1/trajectories.grpc.pb.h"
#include "trellis/audit/v1/audit_log.grpc.pb.h"
#include "trellis/identity/v1/emergency_accesses.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis {
namespace {

using assessment::v1::Assessments;
using assessment::v1::Trajectories;
using identity::v1::EmergencyAccesses;
using ::testing::Each;
using ::testing::SizeIs;
using testing::TestService;
using testing::TestUser;

class EmergencyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    identity::v1::RegisterPersonRequest person;
    person.mutable_person()->set_given_names("Anna");
    person_ = Must(*identity_, owner_, &identity::v1::Persons::Stub::RegisterPerson, person).person().name();
    assessment_name_ = Must(*assessment_, owner_, &Assessments::Stub::RecordAssessment, Phq9()).assessment().name();
  }

  template <class Stub, class Request, class Response>
  grpc::Status Call(TestService& service, const TestUser& who,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    Stub stub(service.channel());
    return (stub.*method)(testing::WithToken(testing::TokenProvedBy(who, clock_)).get(), request, response);
  }
  template <class Stub, class Request, class Response>
  Response Must(TestService& service, const TestUser& who,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response;
    const grpc::Status status = Call(service, who, method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  assessment::v1::RecordAssessmentRequest Phq9() const {
    assessment::v1::RecordAssessmentRequest request;
    request.mutable_assessment()->set_person(person_);
    request.mutable_assessment()->set_instrument("instruments/phq-9");
    request.mutable_assessment()->set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
    for (const char* const item :
         {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"}) {
      auto* const answer = request.mutable_assessment()->add_answers();
      answer->set_item(item);
      answer->set_option("several-days");
    }
    return request;
  }

  // What the clinician gets in the assessment service.
  std::vector<grpc::Status> Reads() {
    std::vector<grpc::Status> statuses;
    assessment::v1::GetAssessmentRequest one;
    one.set_name(assessment_name_);
    assessment::v1::GetAssessmentResponse assessment;
    statuses.push_back(Call(*assessment_, clinician_, &Assessments::Stub::GetAssessment, one, &assessment));
    assessment::v1::ListAssessmentsRequest all;
    all.set_person(person_);
    assessment::v1::ListAssessmentsResponse list;
    statuses.push_back(Call(*assessment_, clinician_, &Assessments::Stub::ListAssessments, all, &list));
    assessment::v1::GetTrajectoryRequest course;
    course.set_person(person_);
    course.set_instrument("instruments/phq-9");
    assessment::v1::GetTrajectoryResponse trajectory;
    statuses.push_back(Call(*assessment_, clinician_, &Trajectories::Stub::GetTrajectory, course, &trajectory));
    return statuses;
  }
  grpc::Status Write() {
    assessment::v1::RecordAssessmentResponse response;
    return Call(*assessment_, clinician_, &Assessments::Stub::RecordAssessment, Phq9(), &response);
  }
  // A no is remembered for a second.
  void Forget() { clock_.Advance(absl::Seconds(2)); }

  std::string Request(int minutes) {
    identity::v1::RequestEmergencyAccessRequest request;
    request.set_person(person_);
    request.set_reason(identity::v1::EmergencyAccess::REASON_CARE_CANNOT_WAIT);
    request.set_explanation("The care team cannot be reached.");
    request.mutable_duration()->set_seconds(60 * minutes);
    return Must(*identity_, clinician_, &EmergencyAccesses::Stub::RequestEmergencyAccess, request)
        .emergency_access()
        .name();
  }
  void End(const std::string& name) {
    identity::v1::EndEmergencyAccessRequest request;
    request.set_name(name);
    Must(*identity_, clinician_, &EmergencyAccesses::Stub::EndEmergencyAccess, request);
  }

  // The purposes in the assessment service's audit of the clinician's calls with this outcome, once there are so many.
  std::vector<std::string> Purposes(int code, std::size_t count) {
    audit::v1::ListAuditRecordsRequest request;
    request.set_person(person_);
    request.set_user(absl::StrCat("users/", clinician_.user.ToString()));
    request.set_code(code);
    std::vector<std::string> purposes;
    for (const absl::Time limit = absl::Now() + absl::Seconds(20); purposes.size() < count && absl::Now() < limit;
         absl::SleepFor(absl::Milliseconds(50))) {
      purposes.clear();
      const auto answer = Must(*assessment_, officer_, &audit::v1::AuditLog::Stub::ListAuditRecords, request);
      for (const auto& chained : answer.records()) purposes.push_back(chained.record().purpose());
    }
    return purposes;
  }

  // Rows of emergencies that the assessment service's replica holds as live.
  std::int64_t Replicated() {
    std::int64_t rows = -1;
    const absl::Status status =
        assessment_->pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto row,
                                   session.QueryOne<std::int64_t>(
                                       "SELECT COUNT(*) FROM access_relation WHERE organization_id = ? AND kind = 4 "
                                       "AND revoke_time IS NULL AND valid_to IS NOT NULL",
                                       clinician_.organization));
          rows = std::get<0>(*row);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return rows;
  }
  static bool Eventually(const std::function<bool()>& holds) {
    const absl::Time limit = absl::Now() + absl::Seconds(20);
    while (!holds() && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(20));
    return holds();
  }

  ManualClock clock_{absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()))};
  std::unique_ptr<TestService> identity_ = TestService::MustStart(
      identity::Describe(), {.flags = {"--password-memory-kib=19456", "--password-passes=2"}, .clock = &clock_});
  std::unique_ptr<TestService> assessment_ =
      TestService::MustStart(assessment::Describe(), {.peers = {{"identity", identity_.get()}}, .clock = &clock_});
  const TestUser owner_ = TestUser::Make({options::v1::ROLE_COORDINATOR});
  const TestUser clinician_ = TestUser::Make({options::v1::ROLE_CLINICIAN}, owner_.organization);
  const TestUser officer_ = TestUser::Make({options::v1::ROLE_PRIVACY_OFFICER}, owner_.organization);
  std::string person_;
  std::string assessment_name_;
};

MATCHER(IsOk, "") { return arg.ok(); }
MATCHER(IsHidden, "") { return arg.error_code() == grpc::StatusCode::NOT_FOUND; }

TEST_F(EmergencyTest, OpensReadsElsewhereAndNothingMore) {
  EXPECT_THAT(Reads(), Each(IsHidden()));
  Forget();
  Request(60);
  EXPECT_THAT(Write(), IsHidden());
  EXPECT_THAT(Reads(), Each(IsOk()));
  EXPECT_THAT(Write(), IsHidden());
  EXPECT_THAT(Purposes(0, 3), ::testing::AllOf(SizeIs(3), Each("BTG")));
  EXPECT_THAT(Purposes(5, 4), ::testing::AllOf(SizeIs(::testing::Ge(4)), Each("")));
  EXPECT_TRUE(Eventually([&] { return Replicated() == 1; }));
  EXPECT_THAT(Reads(), Each(IsOk()));
  EXPECT_THAT(Write(), IsHidden());

  clock_.Advance(absl::Minutes(60) - absl::Seconds(2));
  EXPECT_THAT(Reads(), Each(IsOk()));
  clock_.Advance(absl::Seconds(2));
  EXPECT_THAT(Reads(), Each(IsHidden()));
}

TEST_F(EmergencyTest, EndsElsewhereAtOnce) {
  const std::string name = Request(60);
  ASSERT_TRUE(Eventually([&] { return Replicated() == 1; }));
  ASSERT_THAT(Reads(), Each(IsOk()));
  End(name);
  EXPECT_THAT(Reads(), Each(IsHidden()));  // whatever the replica has heard by now
  EXPECT_TRUE(Eventually([&] { return Replicated() == 0; }));
}

// 42 CFR 2.51: in an emergency the labels do not stand in the way, and the review looks at what was read.
TEST_F(EmergencyTest, OpensWhatIsLabelledButForWhatIsSealed) {
  const auto record = [&](options::v1::SecurityLabel label) {
    assessment::v1::RecordAssessmentRequest request = Phq9();
    request.mutable_assessment()->add_labels(label);
    return Must(*assessment_, owner_, &Assessments::Stub::RecordAssessment, request).assessment().name();
  };
  const std::string labelled = record(options::v1::SECURITY_LABEL_SUBSTANCE_USE);
  const std::string sealed = record(options::v1::SECURITY_LABEL_SEALED);
  const auto read = [&](const TestUser& who, const std::string& name) {
    assessment::v1::GetAssessmentRequest request;
    request.set_name(name);
    return Must(*assessment_, who, &Assessments::Stub::GetAssessment, request).assessment();
  };
  Request(60);
  EXPECT_FALSE(read(clinician_, labelled).withheld());
  EXPECT_THAT(read(clinician_, labelled).answers(), SizeIs(9));
  EXPECT_TRUE(read(clinician_, sealed).withheld());
  EXPECT_THAT(read(clinician_, sealed).answers(), SizeIs(0));
  EXPECT_TRUE(read(owner_, labelled).withheld()) << "a relation is no emergency";
  EXPECT_THAT(Purposes(0, 4), ::testing::AllOf(SizeIs(4), Each("BTG")));
}

TEST_F(EmergencyTest, IsNotTakenFromTheReplicaWhereIdentityIsSilent) {
  Request(60);
  ASSERT_TRUE(Eventually([&] { return Replicated() == 1; }));
  ASSERT_THAT(Reads(), Each(IsOk()));
  identity_->Stop();
  for (const grpc::Status& status : Reads()) EXPECT_EQ(testing::ReasonOf(status), "ACCESS_UNKNOWN");
  identity_->Restart();
  EXPECT_TRUE(Eventually([&] { return Reads().front().ok(); }));
}

}  // namespace
}  // namespace trellis
