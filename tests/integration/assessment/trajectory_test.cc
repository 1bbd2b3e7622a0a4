#include <algorithm>
#include <random>

#include "tests/integration/assessment/fixture.h"

namespace trellis::assessment {
namespace {

constexpr int kAssessments = 500;
const absl::Time kStart = absl::FromCivil(absl::CivilSecond(2010, 1, 1, 9, 0, 0), absl::UTCTimeZone());

v1::ChangeLabel LabelOf(int earlier, int now) {
  if (now - earlier >= 6) return v1::CHANGE_LABEL_RELIABLY_WORSE;
  return earlier - now >= 6 ? v1::CHANGE_LABEL_RELIABLY_BETTER : v1::CHANGE_LABEL_WITHIN_ERROR;
}

v1::GetTrajectoryRequest RequestFor(const Id& person) {
  v1::GetTrajectoryRequest request;
  request.set_person(absl::StrCat("persons/", person.ToString()));
  request.set_instrument("instruments/phq-9");
  return request;
}

TEST_F(AssessmentTest, FiveHundredAssessmentsComeInOrderWhateverTheOrderOfTheirRecording) {
  const Id person = NewPerson(coordinator_);
  std::mt19937 random(5);
  std::vector<int> totals(kAssessments);
  for (int& total : totals) total = static_cast<int>(random() % 28);
  std::vector<int> order(kAssessments);
  for (int i = 0; i < kAssessments; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  for (const int i : order) MustRecord(coordinator_, Phq9(person, totals[i], kStart + absl::Hours(24 * i)));

  for (const int page_size : {0, 77}) {
    v1::GetTrajectoryRequest request = RequestFor(person);
    request.set_page_size(page_size);
    int i = 0;
    v1::GetTrajectoryResponse response;
    do {
      ASSERT_TRUE(Trajectory(coordinator_, request, &response).ok());
      EXPECT_LE(response.trajectory().points_size(), page_size == 0 ? 500 : page_size);
      for (const v1::TrajectoryPoint& point : response.trajectory().points()) {
        ASSERT_LT(i, kAssessments);
        EXPECT_EQ(rpc::FromTimestamp(point.effective_time()), kStart + absl::Hours(24 * i));
        EXPECT_EQ(point.position(), totals[i]);
        EXPECT_EQ(point.outcome().number(), totals[i]);
        ASSERT_EQ(point.outcome().has_change_from_previous(), i > 0);
        if (i > 0) {
          EXPECT_EQ(point.outcome().change_from_previous().label(), LabelOf(totals[i - 1], totals[i])) << i;
          EXPECT_EQ(point.outcome().change_from_baseline().label(), LabelOf(totals[0], totals[i])) << i;
        }
        ++i;
      }
      request.set_page_token(response.next_page_token());
    } while (!response.next_page_token().empty());
    EXPECT_EQ(i, kAssessments);
  }
}

TEST_F(AssessmentTest, ATrajectoryCarriesAllThatAChartNeeds) {
  const Id person = NewPerson(coordinator_);
  MustRecord(coordinator_, Phq9(person, 12, kStart));
  v1::GetTrajectoryResponse response;
  ASSERT_TRUE(Trajectory(coordinator_, RequestFor(person), &response).ok());
  const v1::OutcomeDefinition& outcome = response.trajectory().outcome();
  EXPECT_EQ(outcome.code(), "total");
  EXPECT_EQ(outcome.direction(), v1::DIRECTION_HIGHER_IS_WORSE);
  EXPECT_EQ(outcome.max_value(), 27);
  EXPECT_EQ(outcome.reliable_change(), 6);
  ASSERT_EQ(outcome.band_systems_size(), 3);
  EXPECT_EQ(outcome.band_systems(0).bands(2).min_value(), 10);

  v1::GetTrajectoryRequest request = RequestFor(person);
  request.set_outcome("depressive-syndrome");
  ASSERT_TRUE(Trajectory(coordinator_, request, &response).ok());
  EXPECT_EQ(response.trajectory().points(0).outcome().kind(), v1::OUTCOME_KIND_STAGE);
  EXPECT_EQ(response.trajectory().outcome().stages_size(), 3);
}

TEST_F(AssessmentTest, APointWithoutAValueIsComparedWithNothing) {
  const Id person = NewPerson(coordinator_);
  const auto record = [&](int day, int total, bool declined) {
    v1::Assessment assessment = Phq9(person, total, kStart + absl::Hours(24 * day));
    if (declined) assessment.mutable_answers(4)->set_absent(v1::Answer::ABSENT_REASON_UNKNOWN);
    return MustRecord(coordinator_, assessment).name();
  };
  record(0, 20, true);
  const std::string second = record(1, 20, false);
  record(2, 20, true);
  record(3, 10, false);
  v1::GetTrajectoryRequest request = RequestFor(person);
  request.set_page_size(2);
  v1::GetTrajectoryResponse first_page;
  ASSERT_TRUE(Trajectory(coordinator_, request, &first_page).ok());
  EXPECT_FALSE(first_page.trajectory().points(0).has_position());
  EXPECT_TRUE(first_page.trajectory().points(0).outcome().incomplete());
  EXPECT_FALSE(first_page.trajectory().points(1).outcome().has_change_from_baseline());
  request.set_page_token(first_page.next_page_token());
  v1::GetTrajectoryResponse second_page;
  ASSERT_TRUE(Trajectory(coordinator_, request, &second_page).ok());
  ASSERT_EQ(second_page.trajectory().points_size(), 2);
  EXPECT_EQ(second_page.trajectory().points(1).outcome().change_from_baseline().assessment(), second);
  EXPECT_EQ(second_page.trajectory().points(1).outcome().change_from_previous().assessment(), second);
  EXPECT_EQ(second_page.next_page_token(), "");
}

TEST_F(AssessmentTest, RefusesTrajectoriesOfWhatDoesNotExist) {
  const Id person = NewPerson(coordinator_);
  v1::GetTrajectoryResponse response;
  v1::GetTrajectoryRequest request = RequestFor(person);
  ASSERT_TRUE(Trajectory(coordinator_, request, &response).ok());
  EXPECT_EQ(response.trajectory().points_size(), 0);
  request.set_outcome("sum");
  EXPECT_EQ(Trajectory(coordinator_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_outcome();
  request.set_instrument("instruments/none");
  EXPECT_EQ(Trajectory(coordinator_, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace trellis::assessment
