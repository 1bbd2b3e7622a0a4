// What the service refuses, and that nothing is left behind.
#include "tests/integration/assessment/fixture.h"

namespace trellis::assessment {
namespace {

using ::testing::HasSubstr;
using ::trellis::testing::ReasonOf;

TEST_F(AssessmentTest, NamesWhatIsWrongWithTheAnswers) {
  const Id person = NewPerson(coordinator_);
  v1::Assessment wrong = Phq9(person, 12);
  wrong.mutable_answers(0)->set_option("always");                   // no such option
  wrong.mutable_answers(1)->clear_option();                         // nothing set
  grpc::Status status = Record(coordinator_, wrong);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_EQ(Violations(status).size(), 1u);
  EXPECT_EQ(Violations(status)[0].field, "assessment.answers[1]");
  EXPECT_THAT(Violations(status)[0].description, HasSubstr("44255-8"));

  wrong.mutable_answers(1)->set_option("several-days");
  wrong.mutable_answers(2)->set_item("44250-9");                    // twice, and item 3 is missing
  wrong.mutable_answers(4)->set_number(2);                          // not an option
  v1::Answer* unknown = wrong.add_answers();
  unknown->set_item("44250-0");
  unknown->set_option("several-days");
  status = Record(coordinator_, wrong);
  EXPECT_EQ(ReasonOf(status), "INVALID_ANSWERS");
  std::string all;
  for (const FieldError& violation : Violations(status)) {
    absl::StrAppend(&all, violation.field, ": ", violation.description, "\n");
  }
  EXPECT_THAT(all, HasSubstr("assessment.answers[0]: item 44250-9 (1) has no option \"always\""));
  EXPECT_THAT(all, HasSubstr("assessment.answers[2].item: item 44250-9 is answered twice"));
  EXPECT_THAT(all, HasSubstr("assessment.answers: item 44259-0 (3) has no answer"));
  EXPECT_THAT(all, HasSubstr("assessment.answers[4]: item 44251-7 (5) is answered with one of its options"));
  EXPECT_THAT(all, HasSubstr("assessment.answers[9].item: item 44250-0 is not part of phq-9"));
  EXPECT_EQ(Rows("assessment", coordinator_.organization), 0);
  EXPECT_EQ(Rows("event", coordinator_.organization), 0);
}

TEST_F(AssessmentTest, RefusesUnknownInstrumentsMethodsAndTimes) {
  const Id person = NewPerson(coordinator_);
  const auto field = [&](const v1::Assessment& assessment) {
    const grpc::Status status = Record(coordinator_, assessment);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    const auto violations = Violations(status);
    return violations.empty() ? "" : violations[0].field;
  };
  v1::Assessment assessment = Phq9(person, 1);
  assessment.set_instrument("instruments/phq-10");
  EXPECT_EQ(field(assessment), "assessment.instrument");
  assessment.set_instrument("phq-9");
  EXPECT_EQ(field(assessment), "assessment.instrument");
  assessment = Phq9(person, 1);
  assessment.set_instrument_version(2);
  EXPECT_EQ(field(assessment), "assessment.instrument");
  assessment = Phq9(person, 1);
  assessment.clear_method();
  EXPECT_EQ(field(assessment), "assessment.method");
  assessment.set_method(static_cast<v1::Assessment::Method>(9));
  EXPECT_EQ(field(assessment), "assessment.method");
  EXPECT_EQ(field(Phq9(person, 1, absl::Now() + absl::Minutes(10))), "assessment.effective_time");
  EXPECT_EQ(field(Phq9(person, 1, absl::FromUnixSeconds(-3'000'000'000))), "assessment.effective_time");
  assessment = Phq9(person, 1, absl::Now());
  assessment.mutable_effective_time()->set_seconds(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(field(assessment), "assessment.effective_time");
  EXPECT_TRUE(Record(coordinator_, Phq9(person, 1, absl::Now() + absl::Minutes(4))).ok());
}

TEST_F(AssessmentTest, UnknownForeignAndForbiddenLookTheSame) {
  const Id person = NewPerson(coordinator_);
  const std::string name = MustRecord(coordinator_, Phq9(person, 8)).name();
  const TestUser colleague = TestUser::Make({options::v1::ROLE_COORDINATOR}, coordinator_.organization);
  const TestUser stranger = TestUser::Make({options::v1::ROLE_COORDINATOR});
  const auto unknown = Get(coordinator_, absl::StrCat("assessments/", NewId().ToString()));
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  for (const TestUser& user : {colleague, stranger}) {
    const grpc::Status status = Get(user, name);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(ReasonOf(status), ReasonOf(unknown));
    EXPECT_THAT(status.error_message(), HasSubstr(name));

    EXPECT_EQ(Record(user, Phq9(person, 8)).error_code(), grpc::StatusCode::NOT_FOUND);
    v1::ListAssessmentsRequest list;
    list.set_person(absl::StrCat("persons/", person.ToString()));
    v1::ListAssessmentsResponse listed;
    EXPECT_EQ(List(user, list, &listed).error_code(), grpc::StatusCode::NOT_FOUND);
    v1::GetTrajectoryRequest trajectory;
    trajectory.set_person(list.person());
    trajectory.set_instrument("instruments/phq-9");
    v1::GetTrajectoryResponse drawn;
    EXPECT_EQ(Trajectory(user, trajectory, &drawn).error_code(), grpc::StatusCode::NOT_FOUND);
  }
  EXPECT_EQ(Rows("assessment", coordinator_.organization), 1);
  EXPECT_EQ(Rows("assessment", stranger.organization), 0);
}

TEST_F(AssessmentTest, OnlyCoordinatorsAndCliniciansSeeAssessments) {
  const Id person = NewPerson(coordinator_);
  const std::string name = MustRecord(coordinator_, Phq9(person, 8)).name();
  for (const auto role : {options::v1::ROLE_ORGANIZATION_ADMINISTRATOR, options::v1::ROLE_ANALYST,
                          options::v1::ROLE_PROVIDER_STAFF}) {
    const TestUser user = TestUser::Make({role}, coordinator_.organization);
    Service().AddCareTeam(user.organization, person, user.user);
    EXPECT_EQ(Get(user, name).error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(Record(user, Phq9(person, 8)).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  }
  const TestUser clinician = TestUser::Make({options::v1::ROLE_CLINICIAN}, coordinator_.organization);
  Service().AddCareTeam(clinician.organization, person, clinician.user);
  EXPECT_TRUE(Get(clinician, name).ok());
  v1::GetAssessmentRequest request;
  request.set_name(name);
  v1::GetAssessmentResponse response;
  EXPECT_EQ(assessments_->GetAssessment(Service().AsNobody().get(), request, &response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AssessmentTest, APageTokenBelongsToItsList) {
  const Id person = NewPerson(coordinator_);
  for (int i = 0; i < 3; ++i) MustRecord(coordinator_, Phq9(person, i));
  v1::ListAssessmentsRequest request;
  request.set_person(absl::StrCat("persons/", person.ToString()));
  request.set_page_size(1);
  v1::ListAssessmentsResponse response;
  ASSERT_TRUE(List(coordinator_, request, &response).ok());
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(List(coordinator_, request, &response).ok());
  for (const std::string& token : {std::string("x"), std::string(512, 'A'), request.page_token() + "A"}) {
    v1::ListAssessmentsRequest forged = request;
    forged.set_page_token(token);
    EXPECT_EQ(List(coordinator_, forged, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  request.set_instrument("instruments/phq-9");
  EXPECT_EQ(List(coordinator_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_EQ(List(coordinator_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace trellis::assessment
