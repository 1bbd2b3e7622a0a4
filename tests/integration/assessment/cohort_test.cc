#include "common/runtime/runtime.h"
#include "common/seal/sealer.h"
#include "tests/integration/assessment/fixture.h"
#include "trellis/assessment/v1/cohorts.grpc.pb.h"

namespace trellis::assessment {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const absl::Time kDay = absl::FromCivil(absl::CivilSecond(2015, 3, 10, 9, 0, 0), absl::UTCTimeZone());

// Counts of the bands; -1 where one is left out.
std::vector<std::int64_t> CountsOf(const v1::CohortSummary& summary) {
  std::vector<std::int64_t> counts;
  for (const v1::CohortBand& band : summary.bands()) {
    EXPECT_NE(band.has_persons(), band.suppressed());
    counts.push_back(band.has_persons() ? band.persons() : -1);
  }
  return counts;
}

template <class Request>
void SetPeriod(Request& request, int first_month, int end_month) {
  request.mutable_start_date()->set_year(2015);
  request.mutable_start_date()->set_month(first_month);
  request.mutable_start_date()->set_day(1);
  request.mutable_end_date()->set_year(2015);
  request.mutable_end_date()->set_month(end_month);
  request.mutable_end_date()->set_day(1);
}

class CohortTest : public AssessmentTest {
 protected:
  static v1::SummarizeOutcomesRequest March() {
    v1::SummarizeOutcomesRequest request;
    request.set_instrument("instruments/phq-9");
    SetPeriod(request, 3, 4);
    return request;
  }

  static v1::SummarizeMembersRequest MarchOf(const std::vector<Id>& persons) {
    v1::SummarizeMembersRequest request;
    request.set_instrument("instruments/phq-9");
    SetPeriod(request, 3, 4);
    for (const Id& person : persons) request.add_person_ids(person.bytes());
    return request;
  }

  grpc::Status Summarize(const TestUser& user, const v1::SummarizeOutcomesRequest& request, v1::CohortSummary* out) {
    v1::SummarizeOutcomesResponse response;
    const grpc::Status status = cohorts_->SummarizeOutcomes(Service().As(user).get(), request, &response);
    *out = response.summary();
    return status;
  }

  v1::CohortSummary MustSummarize(const v1::SummarizeOutcomesRequest& request) {
    v1::CohortSummary summary;
    const grpc::Status status = Summarize(analyst_, request, &summary);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return summary;
  }

  grpc::Status SummarizeAs(const std::string& service, const TestUser& user, const v1::SummarizeMembersRequest& request,
                           v1::CohortSummary* out) {
    const auto stub = v1::Cohorts::NewStub(service.empty() ? Service().channel() : Service().ChannelOf(service));
    v1::SummarizeMembersResponse response;
    const grpc::Status status = stub->SummarizeMembers(Service().As(user).get(), request, &response);
    *out = response.summary();
    return status;
  }

  // New persons, each assessed once with that total.
  std::vector<Id> Assessed(int persons, int total, absl::Time time = kDay) {
    std::vector<Id> ids;
    for (int i = 0; i < persons; ++i) {
      ids.push_back(NewPerson(coordinator_));
      MustRecord(coordinator_, Phq9(ids.back(), total, time));
    }
    return ids;
  }

  grpc::StatusCode CodeFor(const v1::SummarizeOutcomesRequest& request) {
    v1::CohortSummary summary;
    return Summarize(analyst_, request, &summary).error_code();
  }

  std::string ReasonFor(const v1::SummarizeOutcomesRequest& request) {
    v1::CohortSummary summary;
    return testing::ReasonOf(Summarize(analyst_, request, &summary));
  }

  TestUser analyst_ = TestUser::Make({options::v1::ROLE_ANALYST}, coordinator_.organization);
  std::unique_ptr<v1::Cohorts::Stub> cohorts_ = v1::Cohorts::NewStub(Service().channel());
};

TEST_F(CohortTest, CountsEachPersonOnceWithTheLastValueOfThePeriod) {
  for (const Id& person : Assessed(10, 16, kDay - absl::Hours(24))) {  // moderately severe, then mild, in April severe
    MustRecord(coordinator_, Phq9(person, 9, kDay));
    MustRecord(coordinator_, Phq9(person, 22, kDay + absl::Hours(24 * 30)));
  }
  Assessed(6, 2);
  for (const Id& person : Assessed(5, 9)) MustRecord(coordinator_, Phq9(person, 20, kDay + absl::Hours(1)));
  for (const Id& person : Assessed(5, 2)) MustRecord(coordinator_, Phq9(person, 3, kDay + absl::Hours(1)));
  const TestUser elsewhere = TestUser::Make({options::v1::ROLE_COORDINATOR});
  MustRecord(elsewhere, Phq9(NewPerson(elsewhere), 12, kDay));

  const v1::CohortSummary summary = MustSummarize(March());
  EXPECT_EQ(summary.instrument(), "instruments/phq-9");
  EXPECT_EQ(summary.outcome().code(), "total");
  EXPECT_EQ(summary.bands(4).code(), "severe");
  EXPECT_EQ(summary.bands(4).min_value(), 20);
  EXPECT_THAT(CountsOf(summary), ElementsAre(10, 10, 0, 0, 5));
  EXPECT_FALSE(summary.suppressed());
  EXPECT_EQ(summary.persons(), 25);      // 26
  EXPECT_EQ(summary.assessments(), 45);  // 46
  EXPECT_EQ(summary.mean(), 8.3);        // (10 * 9 + 6 * 2 + 5 * 20 + 5 * 3) / 26
  ASSERT_TRUE(summary.has_change());
  EXPECT_EQ(summary.change().improved(), 10);
  EXPECT_EQ(summary.change().unchanged(), 5);
  EXPECT_EQ(summary.change().deteriorated(), 5);

  v1::CohortSummary same;
  ASSERT_TRUE(Summarize(coordinator_, March(), &same).ok()) << "coordinators see the same";
  EXPECT_THAT(same, EqualsProto(summary));
}

TEST_F(CohortTest, LeavesASmallBandOutAndAllThatWouldTellIt) {
  Assessed(12, 2);
  std::vector<v1::CohortSummary> answers;
  for (int i = 0; i < 4; ++i) {
    Assessed(1, 21);
    answers.push_back(MustSummarize(March()));
  }
  EXPECT_THAT(CountsOf(answers[0]), ElementsAre(10, 0, 0, 0, -1));
  EXPECT_TRUE(answers[0].suppressed());
  EXPECT_FALSE(answers[0].has_persons() || answers[0].has_assessments() || answers[0].has_mean() ||
               answers[0].has_standard_deviation() || answers[0].has_change());
  for (const v1::CohortSummary& answer : answers) EXPECT_THAT(answer, EqualsProto(answers[0]));
  Assessed(1, 21);
  EXPECT_THAT(CountsOf(MustSummarize(March())), ElementsAre(10, 0, 0, 0, 5));
}

TEST_F(CohortTest, WhatIsOpenOrErasedDoesNotCount) {
  Assessed(10, 2);
  const std::vector<Id> moderate = Assessed(5, 12);
  EXPECT_THAT(CountsOf(MustSummarize(March())), ElementsAre(10, 0, 5, 0, 0));

  v1::Assessment open = Phq9(moderate[0], 27, kDay + absl::Hours(1));
  open.mutable_answers(0)->set_absent(v1::Answer::ABSENT_REASON_DECLINED);
  MustRecord(coordinator_, open);
  EXPECT_THAT(CountsOf(MustSummarize(March())), ElementsAre(10, 0, 5, 0, 0));

  ASSERT_TRUE(Service()
                  .pool()
                  .Transact(absl::Now() + absl::Seconds(5),
                            [&](db::Session& tx) {
                              return Service().runtime().seal().Destroy(tx, {coordinator_.organization, moderate[0]});
                            })
                  .ok());
  EXPECT_THAT(CountsOf(MustSummarize(March())), ElementsAre(10, 0, -1, 0, 0));
}

TEST_F(CohortTest, StagesAreCountedLikeBands) {
  Assessed(10, 0);
  Assessed(10, 27);
  v1::SummarizeOutcomesRequest request = March();
  request.set_outcome("depressive-syndrome");
  const v1::CohortSummary summary = MustSummarize(request);
  EXPECT_THAT(CountsOf(summary), ElementsAre(10, 0, 10));
  EXPECT_EQ(summary.bands(2).severity(), 2);
  EXPECT_FALSE(summary.has_mean());
}

TEST_F(CohortTest, AnOrganizationWithoutAssessmentsIsToldNothing) {
  const v1::CohortSummary summary = MustSummarize(March());
  EXPECT_THAT(CountsOf(summary), ElementsAre(-1, -1, -1, -1, -1));
  EXPECT_TRUE(summary.suppressed());
}

TEST_F(CohortTest, RefusesWhatCannotBeSummedUp) {
  v1::SummarizeOutcomesRequest request = March();
  request.set_instrument("instruments/none");
  EXPECT_EQ(ReasonFor(request), "NOT_FOUND");
  request.set_instrument("phq-9");
  EXPECT_EQ(CodeFor(request), grpc::StatusCode::INVALID_ARGUMENT);
  request = March();
  request.set_outcome("none");
  EXPECT_EQ(CodeFor(request), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_instrument("instruments/wsas");
  request.set_outcome("total-without-work");
  EXPECT_EQ(ReasonFor(request), "OUTCOME_WITHOUT_BANDS");
  request = March();
  request.mutable_start_date()->set_day(2);
  EXPECT_EQ(CodeFor(request), grpc::StatusCode::INVALID_ARGUMENT);
  request = March();
  request.mutable_start_date()->set_month(2);
  request.mutable_start_date()->set_day(29);  // of 2015: not the first of March
  EXPECT_EQ(CodeFor(request), grpc::StatusCode::INVALID_ARGUMENT);
  request = March();
  request.mutable_end_date()->set_year(9999);
  v1::CohortSummary summary;
  EXPECT_THAT(Violations(Summarize(analyst_, request, &summary)), SizeIs(1));
  request.clear_end_date();
  EXPECT_EQ(CodeFor(request), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CohortTest, OnlyAnalystsAndCoordinatorsAreTold) {
  for (int role = 1; options::v1::Role_IsValid(role); ++role) {
    const TestUser user = TestUser::Make({static_cast<options::v1::Role>(role)}, coordinator_.organization);
    const bool told = role == options::v1::ROLE_ANALYST || role == options::v1::ROLE_COORDINATOR;
    v1::CohortSummary summary;
    EXPECT_EQ(testing::ReasonOf(Summarize(user, March(), &summary)), told ? "" : "ROLE_MISSING") << role;
  }
}

TEST_F(CohortTest, OnlyTheDeskMaySayWhoBelongsTogether) {
  std::vector<Id> persons = Assessed(10, 2);
  const std::vector<Id> moderate = Assessed(5, 12);
  Assessed(20, 21);
  persons.insert(persons.end(), moderate.begin(), moderate.end());
  persons.push_back(moderate[0]);  // twice is once
  const TestUser elsewhere = TestUser::Make({options::v1::ROLE_COORDINATOR});
  for (int i = 0; i < 5; ++i) {
    persons.push_back(NewPerson(elsewhere));
    MustRecord(elsewhere, Phq9(persons.back(), 12, kDay));
  }
  v1::CohortSummary summary;
  ASSERT_EQ(testing::ReasonOf(SummarizeAs("caseload", analyst_, MarchOf(persons), &summary)), "");
  EXPECT_THAT(CountsOf(summary), ElementsAre(10, 0, 5, 0, 0));
  EXPECT_EQ(summary.persons(), 15);
  EXPECT_EQ(testing::ReasonOf(SummarizeAs("", analyst_, MarchOf(persons), &summary)), "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(testing::ReasonOf(SummarizeAs("", coordinator_, MarchOf(persons), &summary)), "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(testing::ReasonOf(SummarizeAs("referral", analyst_, MarchOf(persons), &summary)), "SERVICE_NOT_ALLOWED");
  ASSERT_EQ(testing::ReasonOf(SummarizeAs("caseload", analyst_, MarchOf({}), &summary)), "");
  EXPECT_THAT(CountsOf(summary), ElementsAre(-1, -1, -1, -1, -1));

  v1::SummarizeMembersRequest broken = MarchOf({});
  broken.add_person_ids("short");
  EXPECT_EQ(SummarizeAs("caseload", analyst_, broken, &summary).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CohortTest, TakesAsManyPersonsAsItDeclares) {
  std::vector<Id> persons = Assessed(10, 2);
  for (const Id& person : Assessed(10, 12)) persons.push_back(person);
  while (persons.size() < 10000) persons.push_back(NewId());
  v1::CohortSummary summary;
  ASSERT_EQ(testing::ReasonOf(SummarizeAs("caseload", analyst_, MarchOf(persons), &summary)), "");
  EXPECT_THAT(CountsOf(summary), ElementsAre(10, 0, 10, 0, 0));
  persons.push_back(NewId());
  EXPECT_EQ(SummarizeAs("caseload", analyst_, MarchOf(persons), &summary).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace trellis::assessment
