// Assessments that not everybody in the care team may read.
#include "common/rpc/labels.h"
#include "tests/integration/assessment/fixture.h"

namespace trellis::assessment {
namespace {

using options::v1::SECURITY_LABEL_PSYCHIATRY;
using options::v1::SECURITY_LABEL_SUBSTANCE_USE;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kStart = absl::FromCivil(absl::CivilSecond(2024, 3, 1, 9, 0, 0), absl::UTCTimeZone());

class LabelledAssessmentTest : public AssessmentTest {
 protected:
  void SetUp() override {
    cleared_ = coordinator_;
    cleared_.clearances.Add(SECURITY_LABEL_PSYCHIATRY);
    other_ = coordinator_;
    other_.clearances.Add(SECURITY_LABEL_SUBSTANCE_USE);
  }
  v1::Assessment Labelled(int total, absl::Time time, options::v1::SecurityLabel label = SECURITY_LABEL_PSYCHIATRY) {
    v1::Assessment assessment = Phq9(person_, total, time);
    assessment.add_labels(label);
    return assessment;
  }
  std::vector<v1::TrajectoryPoint> Points(const TestUser& user) {
    v1::GetTrajectoryRequest request;
    request.set_person(absl::StrCat("persons/", person_.ToString()));
    request.set_instrument("instruments/phq-9");
    v1::GetTrajectoryResponse response;
    EXPECT_TRUE(Trajectory(user, request, &response).ok());
    return {response.trajectory().points().begin(), response.trajectory().points().end()};
  }
  std::vector<v1::Assessment> All(const TestUser& user) {
    v1::ListAssessmentsRequest request;
    request.set_person(absl::StrCat("persons/", person_.ToString()));
    v1::ListAssessmentsResponse response;
    EXPECT_TRUE(List(user, request, &response).ok());
    return {response.assessments().begin(), response.assessments().end()};
  }

  const Id person_ = NewPerson(coordinator_);
  TestUser cleared_;
  TestUser other_;  // cleared, but for something else
};

TEST_F(LabelledAssessmentTest, WhoIsClearedReadsItWholeOthersThatItIsThere) {
  const v1::Assessment recorded = MustRecord(cleared_, Labelled(27, kStart));
  EXPECT_THAT(recorded.labels(), ElementsAre(SECURITY_LABEL_PSYCHIATRY));
  EXPECT_FALSE(recorded.withheld());
  v1::Assessment read;
  ASSERT_TRUE(Get(cleared_, recorded.name(), &read).ok());
  EXPECT_EQ(read.SerializeAsString(), recorded.SerializeAsString());
  EXPECT_THAT(read.answers(), SizeIs(9));
  EXPECT_THAT(read.critical_answers(), SizeIs(1));

  for (const TestUser& user : {coordinator_, other_}) {
    ASSERT_TRUE(Get(user, recorded.name(), &read).ok());
    EXPECT_TRUE(read.withheld());
    EXPECT_EQ(read.name(), recorded.name());
    EXPECT_EQ(read.person(), recorded.person());
    EXPECT_EQ(read.state(), v1::Assessment::STATE_RECORDED);
    EXPECT_THAT(read.labels(), ElementsAre(SECURITY_LABEL_PSYCHIATRY));
    EXPECT_THAT(read.answers(), IsEmpty());
    EXPECT_THAT(read.outcomes(), IsEmpty());
    EXPECT_THAT(read.critical_answers(), IsEmpty());
  }
}

TEST_F(LabelledAssessmentTest, WhoIsNotClearedMayRecordOneAndThenReadsItNoMore) {
  v1::RecordAssessmentRequest request;
  *request.mutable_assessment() = Labelled(12, kStart);
  request.set_request_id(NewId().ToString());
  v1::RecordAssessmentResponse response;
  for (int i = 0; i < 2; ++i) {  // the second time from what is kept for repetitions
    ASSERT_TRUE(Record(coordinator_, request, &response).ok());
    EXPECT_TRUE(response.assessment().withheld());
    EXPECT_THAT(response.assessment().outcomes(), IsEmpty());
  }
  v1::Assessment read;
  ASSERT_TRUE(Get(cleared_, response.assessment().name(), &read).ok());
  EXPECT_EQ(read.outcomes(0).number(), 12);
}

TEST_F(LabelledAssessmentTest, AListHoldsBothKinds) {
  MustRecord(cleared_, Phq9(person_, 5, kStart));
  MustRecord(cleared_, Labelled(20, kStart + absl::Hours(24)));
  const auto all = All(coordinator_);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_TRUE(all[0].withheld());
  EXPECT_THAT(all[0].outcomes(), IsEmpty());
  EXPECT_FALSE(all[1].withheld());
  EXPECT_EQ(all[1].outcomes(0).number(), 5);
  EXPECT_EQ(All(cleared_)[0].outcomes(0).number(), 20);
}

// 5, then 20 with a label, then 7: from 7 and a difference the 20 could be worked out.
TEST_F(LabelledAssessmentTest, ATrajectoryTellsItsValueNeitherAsAPointNorAsADifference) {
  MustRecord(cleared_, Phq9(person_, 5, kStart));
  MustRecord(cleared_, Labelled(20, kStart + absl::Hours(24)));
  const v1::Assessment last = MustRecord(cleared_, Phq9(person_, 7, kStart + absl::Hours(48)));
  const auto whole = Points(cleared_);
  ASSERT_THAT(whole, SizeIs(3));
  EXPECT_EQ(whole[1].position(), 20);
  EXPECT_EQ(whole[2].outcome().change_from_previous().difference(), -13);
  EXPECT_EQ(whole[2].outcome().change_from_previous().label(), v1::CHANGE_LABEL_RELIABLY_BETTER);

  const auto part = Points(coordinator_);
  ASSERT_THAT(part, SizeIs(3));
  EXPECT_EQ(part[0].position(), 5);
  EXPECT_TRUE(part[1].withheld());
  EXPECT_FALSE(part[1].has_position());
  EXPECT_FALSE(part[1].has_outcome());
  EXPECT_EQ(part[1].assessment(), whole[1].assessment());
  EXPECT_EQ(part[2].outcome().number(), 7);
  EXPECT_EQ(part[2].outcome().change_from_baseline().difference(), 2) << "the first one is not labelled";
  const v1::Change& change = part[2].outcome().change_from_previous();
  EXPECT_TRUE(change.withheld());
  EXPECT_THAT(change.labels(), ElementsAre(SECURITY_LABEL_PSYCHIATRY));
  EXPECT_EQ(change.difference(), 0);
  EXPECT_EQ(change.label(), v1::CHANGE_LABEL_UNSPECIFIED);
  EXPECT_THAT(change.bands_crossed(), IsEmpty());

  v1::Assessment read;
  ASSERT_TRUE(Get(coordinator_, last.name(), &read).ok());
  EXPECT_TRUE(read.outcomes(0).change_from_previous().withheld());
  EXPECT_EQ(read.outcomes(0).change_from_previous().difference(), 0);
}

TEST_F(LabelledAssessmentTest, ThePageThatBeginsAfterItComparesAndWithholdsInTheSameWay) {
  MustRecord(cleared_, Labelled(20, kStart));
  MustRecord(cleared_, Phq9(person_, 7, kStart + absl::Hours(24)));
  v1::GetTrajectoryRequest request;
  request.set_person(absl::StrCat("persons/", person_.ToString()));
  request.set_instrument("instruments/phq-9");
  request.set_page_size(1);
  v1::GetTrajectoryResponse response;
  ASSERT_TRUE(Trajectory(coordinator_, request, &response).ok());
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Trajectory(coordinator_, request, &response).ok());
  const v1::Outcome& outcome = response.trajectory().points(0).outcome();
  EXPECT_EQ(outcome.number(), 7);
  EXPECT_TRUE(outcome.change_from_baseline().withheld());
  EXPECT_TRUE(outcome.change_from_previous().withheld());
}

TEST_F(LabelledAssessmentTest, ALabelOfALaterVersionIsKeptAndOpensToNobody) {
  const v1::Assessment recorded = MustRecord(cleared_, Phq9(person_, 9, kStart));
  const absl::Status written =
      Service().pool().Transact(absl::Now() + absl::Seconds(10), [&](db::Session& tx) -> absl::Status {
        return tx
            .Execute("UPDATE assessment SET labels = ? WHERE organization_id = ? AND person_id = ?", 1 << 29,
                     coordinator_.organization, person_)
            .status();
      });
  ASSERT_TRUE(written.ok()) << written;
  TestUser all = coordinator_;
  for (int label = 1; label <= options::v1::SecurityLabel_MAX; ++label) all.clearances.Add(label);
  v1::Assessment read;
  ASSERT_TRUE(Get(all, recorded.name(), &read).ok());
  EXPECT_TRUE(read.withheld());
  EXPECT_THAT(read.outcomes(), IsEmpty());
  ASSERT_THAT(read.labels(), SizeIs(1));
  EXPECT_EQ(static_cast<int>(read.labels(0)), 29);
}

TEST_F(LabelledAssessmentTest, AnUnknownLabelIsRefused) {
  for (const int label : {0, 29}) {
    v1::Assessment assessment = Phq9(person_, 9, kStart);
    assessment.add_labels(static_cast<options::v1::SecurityLabel>(label));
    EXPECT_EQ(Record(cleared_, assessment).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << label;
  }
}

}  // namespace
}  // namespace trellis::assessment
