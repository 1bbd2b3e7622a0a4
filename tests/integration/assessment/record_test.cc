// Recording, reading and listing.
#include "tests/integration/assessment/fixture.h"

namespace trellis::assessment {
namespace {

const absl::Time kDay0 = absl::FromCivil(absl::CivilSecond(2026, 1, 1, 9, 0, 0), absl::UTCTimeZone());

TEST_F(AssessmentTest, ScoresWhatItRecords) {
  const Id person = NewPerson(coordinator_);
  const v1::Assessment recorded = MustRecord(coordinator_, Phq9(person, 27, kDay0));
  EXPECT_EQ(recorded.instrument_version(), 1);
  EXPECT_EQ(recorded.state(), v1::Assessment::STATE_RECORDED);
  EXPECT_EQ(recorded.recorder(), absl::StrCat("users/", coordinator_.user.ToString()));
  EXPECT_EQ(rpc::FromTimestamp(recorded.effective_time()), kDay0);
  EXPECT_EQ(recorded.answers_size(), 9);
  EXPECT_FALSE(recorded.etag().empty());

  ASSERT_EQ(recorded.outcomes_size(), 2);
  const v1::Outcome& total = recorded.outcomes(0);
  EXPECT_EQ(total.code(), "total");
  EXPECT_EQ(total.number(), 27);
  EXPECT_EQ(total.severity(), 4);
  EXPECT_EQ(total.max_severity(), 4);
  ASSERT_EQ(total.bands_size(), 3);
  EXPECT_EQ(total.bands(0).band(), "severe");
  EXPECT_EQ(total.bands(1).band(), "at-caseness");
  EXPECT_FALSE(total.has_change_from_baseline());
  EXPECT_EQ(recorded.outcomes(1).stage(), "major");

  ASSERT_EQ(recorded.critical_answers_size(), 1);
  EXPECT_EQ(recorded.critical_answers(0).item(), "44260-8");
  EXPECT_EQ(recorded.critical_answers(0).rule(), "self-harm-thoughts");
  EXPECT_EQ(recorded.critical_answers(0).level(), v1::CRITICAL_LEVEL_HIGH);
}

TEST_F(AssessmentTest, ReadsBackWhatItRecorded) {
  const Id person = NewPerson(coordinator_);
  MustRecord(coordinator_, Phq9(person, 20, kDay0));
  v1::Assessment input = Phq9(person, 9, kDay0 + absl::Hours(24 * 14));
  input.mutable_answers(3)->set_absent(v1::Answer::ABSENT_REASON_DECLINED);
  const v1::Assessment recorded = MustRecord(coordinator_, input);
  v1::Assessment read;
  ASSERT_TRUE(Get(coordinator_, recorded.name(), &read).ok());
  EXPECT_THAT(read, EqualsProto(recorded));
  EXPECT_EQ(OutcomeOf(read, "total").value_case(), v1::Outcome::VALUE_NOT_SET);
  EXPECT_TRUE(OutcomeOf(read, "total").incomplete());
}

TEST_F(AssessmentTest, LabelsTheChangeAgainstBaselineAndPrevious) {
  const Id person = NewPerson(coordinator_);
  const v1::Assessment first = MustRecord(coordinator_, Phq9(person, 20, kDay0));
  const v1::Assessment second = MustRecord(coordinator_, Phq9(person, 9, kDay0 + absl::Hours(24)));
  const v1::Assessment third = MustRecord(coordinator_, Phq9(person, 15, kDay0 + absl::Hours(48)));

  const v1::Outcome& total = third.outcomes(0);
  EXPECT_EQ(total.change_from_baseline().assessment(), first.name());
  EXPECT_EQ(total.change_from_baseline().difference(), -5);
  EXPECT_EQ(total.change_from_baseline().label(), v1::CHANGE_LABEL_WITHIN_ERROR);
  EXPECT_EQ(total.change_from_previous().assessment(), second.name());
  EXPECT_EQ(total.change_from_previous().difference(), 6);
  EXPECT_EQ(total.change_from_previous().label(), v1::CHANGE_LABEL_RELIABLY_WORSE);
  EXPECT_THAT(total.change_from_previous().bands_crossed(), ::testing::ElementsAre("severity", "caseness"));
  EXPECT_TRUE(second.outcomes(0).change_from_baseline().response());
  EXPECT_EQ(OutcomeOf(third, "depressive-syndrome").change_from_previous().label(),
            v1::CHANGE_LABEL_NO_PUBLISHED_THRESHOLD);
}

TEST_F(AssessmentTest, AnAssessmentEnteredLateTakesItsPlaceInTime) {
  const Id person = NewPerson(coordinator_);
  const v1::Assessment later = MustRecord(coordinator_, Phq9(person, 10, kDay0 + absl::Hours(48)));
  const v1::Assessment late_entry = MustRecord(coordinator_, Phq9(person, 20, kDay0));
  EXPECT_FALSE(late_entry.outcomes(0).has_change_from_baseline());
  v1::Assessment read;
  ASSERT_TRUE(Get(coordinator_, later.name(), &read).ok());
  EXPECT_EQ(read.outcomes(0).change_from_baseline().assessment(), late_entry.name());
  EXPECT_EQ(read.outcomes(0).change_from_baseline().label(), v1::CHANGE_LABEL_RELIABLY_BETTER);
}

TEST_F(AssessmentTest, TakesTheMomentOfRecordingWhereNoneIsGiven) {
  const Id person = NewPerson(coordinator_);
  const absl::Time before = absl::Now() - absl::Milliseconds(1);
  const v1::Assessment recorded = MustRecord(coordinator_, Phq9(person, 3));
  EXPECT_GE(rpc::FromTimestamp(recorded.effective_time()), before);
  EXPECT_LE(rpc::FromTimestamp(recorded.effective_time()), absl::Now());
}

TEST_F(AssessmentTest, ValidatesWithoutKeepingAnything) {
  const Id person = NewPerson(coordinator_);
  const v1::Assessment kept = MustRecord(coordinator_, Phq9(person, 5, kDay0));
  v1::RecordAssessmentRequest request;
  *request.mutable_assessment() = Phq9(person, 27, kDay0 + absl::Hours(1));
  request.set_validate_only(true);
  request.set_request_id(NewId().ToString());
  v1::RecordAssessmentResponse response;
  ASSERT_TRUE(Record(coordinator_, request, &response).ok());
  EXPECT_EQ(response.assessment().name(), "");
  EXPECT_EQ(response.assessment().outcomes(0).number(), 27);
  EXPECT_EQ(response.assessment().outcomes(0).change_from_previous().assessment(), kept.name());
  EXPECT_EQ(response.assessment().critical_answers_size(), 1);
  EXPECT_EQ(Rows("assessment", coordinator_.organization), 1);
  EXPECT_EQ(Rows("event", coordinator_.organization), 1);
}

TEST_F(AssessmentTest, ARepeatedRequestRecordsOnce) {
  const Id person = NewPerson(coordinator_);
  v1::RecordAssessmentRequest request;
  *request.mutable_assessment() = Phq9(person, 12);
  request.set_request_id(NewId().ToString());
  v1::RecordAssessmentResponse first;
  v1::RecordAssessmentResponse second;
  ASSERT_TRUE(Record(coordinator_, request, &first).ok());
  ASSERT_TRUE(Record(coordinator_, request, &second).ok());
  EXPECT_THAT(second, EqualsProto(first));
  EXPECT_EQ(Rows("assessment", coordinator_.organization), 1);
  EXPECT_EQ(Rows("event", coordinator_.organization), 1);

  *request.mutable_assessment() = Phq9(person, 13);
  const grpc::Status reused = Record(coordinator_, request, &second);
  EXPECT_EQ(reused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(trellis::testing::ReasonOf(reused), "REQUEST_ID_REUSED");
}

TEST_F(AssessmentTest, OtherKindsOfOutcomes) {
  const Id person = NewPerson(coordinator_);
  const v1::Assessment risk = MustRecord(coordinator_, With(person, "instruments/c-ssrs-screener",
                                                            {{"93246-7", "yes"},
                                                             {"93247-5", "yes"},
                                                             {"93248-3", "no"},
                                                             {"93249-1", "yes"},
                                                             {"93250-9", "no"},
                                                             {"93267-3", "no"}}));
  ASSERT_EQ(risk.outcomes_size(), 1) << "there is no total";
  EXPECT_EQ(risk.outcomes(0).stage(), "high");
  EXPECT_EQ(risk.outcomes(0).severity(), 3);
  ASSERT_EQ(risk.critical_answers_size(), 1);
  EXPECT_EQ(risk.critical_answers(0).level(), v1::CRITICAL_LEVEL_URGENT);

  MustRecord(coordinator_, With(person, "instruments/fast", {{"fast-stage", "6a"}}));
  const v1::Assessment stage = MustRecord(coordinator_, With(person, "instruments/fast", {{"fast-stage", "6c"}}));
  EXPECT_EQ(stage.outcomes(0).stage(), "6c");
  EXPECT_EQ(stage.outcomes(0).severity(), 7);
  EXPECT_EQ(stage.outcomes(0).change_from_previous().difference(), 2);
  EXPECT_EQ(stage.outcomes(0).change_from_previous().label(), v1::CHANGE_LABEL_NO_PUBLISHED_THRESHOLD);
}

TEST_F(AssessmentTest, ListsNewestFirstPageByPage) {
  const Id person = NewPerson(coordinator_);
  std::vector<std::string> names;
  for (int i = 0; i < 7; ++i) {
    // Pairs share a moment: the id decides.
    names.insert(names.begin(), MustRecord(coordinator_, Phq9(person, i, kDay0 + absl::Hours(i / 2))).name());
  }
  MustRecord(coordinator_, With(person, "instruments/fast", {{"fast-stage", "4"}}));

  v1::ListAssessmentsRequest request;
  request.set_person(absl::StrCat("persons/", person.ToString()));
  request.set_instrument("instruments/phq-9");
  request.set_page_size(3);
  std::vector<std::string> seen;
  v1::ListAssessmentsResponse response;
  do {
    ASSERT_TRUE(List(coordinator_, request, &response).ok());
    for (const v1::Assessment& assessment : response.assessments()) {
      seen.push_back(assessment.name());
      EXPECT_EQ(assessment.answers_size(), 0);
      EXPECT_EQ(assessment.outcomes_size(), 2);
    }
    request.set_page_token(response.next_page_token());
  } while (!response.next_page_token().empty());
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), std::set<std::string>(names.begin(), names.end()));
  EXPECT_EQ(seen.size(), names.size());
  EXPECT_EQ(seen.front(), names.front());

  request.clear_instrument();
  request.clear_page_token();
  request.set_page_size(100);
  ASSERT_TRUE(List(coordinator_, request, &response).ok());
  EXPECT_EQ(response.assessments_size(), 8);
  EXPECT_EQ(response.assessments(0).instrument(), "instruments/fast");
}

}  // namespace
}  // namespace trellis::assessment
