// A population summed up: the desk knows its members, the assessment service counts.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/access/relations.h"
#include "common/base/random.h"
#include "common/db/pool.h"
#include "common/db/session.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "common/testing/test_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/assessment/api/service.h"
#include "services/caseload/api/service.h"
#include "services/caseload/storage/populations.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/caseload/v1/populations.grpc.pb.h"

namespace trellis::caseload {
namespace {

using rpc::MakeName;
using ::testing::ElementsAre;
using trellis::testing::ReasonOf;
using trellis::testing::TestService;
using trellis::testing::TestUser;

const absl::Time kDay = absl::FromCivil(absl::CivilSecond(2015, 3, 10, 9, 0, 0), absl::UTCTimeZone());
const absl::Time kApril = absl::FromCivil(absl::CivilSecond(2015, 4, 1, 0, 0, 0), absl::UTCTimeZone());

Id NewId() {
  static auto* const ids = new IdGenerator(SystemClock(), SystemRandom());
  return ids->Next();
}

class PopulationSummaryTest : public ::testing::Test {
 protected:
  PopulationSummaryTest() {
    PopulationRecord population;
    population.id = population_;
    population.display_name = "Year 11";
    population.kind = v1::Population::KIND_SCHOOL;
    population.create_time = kDay;
    population.update_time = kDay;
    Change([&](db::Session& tx) { return InsertPopulation(tx, lead_.organization, population); });
    caseload_->AddLead(lead_.organization, population_, lead_.user);
  }

  void Change(const std::function<absl::Status(db::Session&)>& body) {
    const absl::Status changed = caseload_->pool().Transact(absl::Now() + absl::Seconds(10), body);
    ASSERT_TRUE(changed.ok()) << changed;
  }

  // A member from `from` to `to`.
  void AddMember(const Id& person, absl::Time from, std::optional<absl::Time> to = std::nullopt) {
    Change([&](db::Session& tx) {
      return access::PutRelation(tx,
                                 {{lead_.organization, person, access::RelationKind::kMember, population_}, from, to});
    });
  }

  // PHQ-9 with the same answer to all nine items, so the total is nine times as much.
  void Assess(const Id& person, int answer) {
    assessment_->AddCareTeam(lead_.organization, person, lead_.user);
    assessment::v1::RecordAssessmentRequest request;
    assessment::v1::Assessment& assessment = *request.mutable_assessment();
    assessment.set_person(MakeName("persons", person));
    assessment.set_instrument("instruments/phq-9");
    assessment.set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
    *assessment.mutable_effective_time() = rpc::ToTimestamp(kDay);
    static const char* const kOptions[] = {"not-at-all", "several-days", "more-than-half", "nearly-every-day"};
    for (const char* item :
         {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"}) {
      assessment::v1::Answer* to = assessment.add_answers();
      to->set_item(item);
      to->set_option(kOptions[answer]);
    }
    assessment::v1::RecordAssessmentResponse response;
    const auto stub = assessment::v1::Assessments::NewStub(assessment_->channel());
    const grpc::Status status = stub->RecordAssessment(assessment_->As(lead_).get(), request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  v1::SummarizePopulationRequest March() const {
    v1::SummarizePopulationRequest request;
    request.set_population(MakeName("populations", population_));
    request.set_instrument("instruments/phq-9");
    request.mutable_start_date()->set_year(2015);
    request.mutable_start_date()->set_month(3);
    request.mutable_start_date()->set_day(1);
    request.mutable_end_date()->set_year(2015);
    request.mutable_end_date()->set_month(4);
    request.mutable_end_date()->set_day(1);
    return request;
  }

  std::string Summarize(const TestUser& user, assessment::v1::CohortSummary* out = nullptr) {
    v1::SummarizePopulationResponse response;
    const grpc::Status status = populations_->SummarizePopulation(caseload_->As(user).get(), March(), &response);
    if (out != nullptr) *out = response.summary();
    return ReasonOf(status);
  }

  std::vector<std::int64_t> Counts() {
    assessment::v1::CohortSummary summary;
    EXPECT_EQ(Summarize(analyst_, &summary), "");
    std::vector<std::int64_t> counts;
    for (const auto& band : summary.bands()) counts.push_back(band.has_persons() ? band.persons() : -1);
    return counts;
  }

  std::unique_ptr<TestService> assessment_ = TestService::MustStart(assessment::Describe());
  std::unique_ptr<TestService> caseload_ =
      TestService::MustStart(Describe(), {.peers = {{"assessment", assessment_.get()}}});
  const Id population_ = NewId();
  const TestUser lead_ = TestUser::Make({options::v1::ROLE_COORDINATOR});
  const TestUser analyst_ = TestUser::Make({options::v1::ROLE_ANALYST}, lead_.organization);
  const std::unique_ptr<v1::Populations::Stub> populations_ = v1::Populations::NewStub(caseload_->channel());
};

TEST_F(PopulationSummaryTest, CountsTheMembersOfThePeriodsEnd) {
  for (int i = 0; i < 30; ++i) {
    const Id person = NewId();
    Assess(person, i % 3 == 2 ? 3 : 0);                                       // minimal, minimal, severe
    if (i < 18) AddMember(person, kDay);                                      // 12 and 6
    if (i >= 18 && i < 24) AddMember(person, kDay, kApril - absl::Hours(1));  // left before the end
    if (i >= 24) AddMember(person, kApril);                                   // came after it
  }
  EXPECT_THAT(Counts(), ElementsAre(10, 0, 0, 0, 5));

  const Id leaver = NewId();
  Assess(leaver, 1);
  AddMember(leaver, kDay, kApril);  // to the very end
  EXPECT_THAT(Counts(), ElementsAre(10, -1, 0, 0, 5));
}

TEST_F(PopulationSummaryTest, IsForItsLeadsAndForAnalystsOfTheOrganization) {
  EXPECT_EQ(Summarize(lead_), "");
  EXPECT_EQ(Summarize(analyst_), "");
  EXPECT_EQ(Summarize(TestUser::Make({options::v1::ROLE_ANALYST})), "NOT_FOUND");
  EXPECT_EQ(Summarize(TestUser::Make({options::v1::ROLE_CLINICIAN}, lead_.organization)), "ROLE_MISSING");
}

TEST_F(PopulationSummaryTest, HandsOnWhatTheAssessmentServiceRefuses) {
  v1::SummarizePopulationResponse response;
  v1::SummarizePopulationRequest request = March();
  request.set_instrument("instruments/none");
  EXPECT_EQ(ReasonOf(populations_->SummarizePopulation(caseload_->As(lead_).get(), request, &response)), "NOT_FOUND");
  request = March();
  request.mutable_start_date()->set_day(7);
  EXPECT_EQ(populations_->SummarizePopulation(caseload_->As(lead_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  assessment_->Stop();
  EXPECT_EQ(Summarize(lead_), "PEER_UNAVAILABLE");
}

TEST_F(PopulationSummaryTest, HasAnAnswerForTenThousandMembersAndForNoMore) {
  const auto add = [&](int members) {
    Change([&](db::Session& tx) -> absl::Status {
      for (; members > 0; members -= 1000) {
        std::string sql =
            "INSERT INTO access_relation (organization_id, resource_id, kind, subject_id, valid_from) VALUES ";
        std::vector<db::Value> values;
        for (int i = 0; i < std::min(members, 1000); ++i) {
          absl::StrAppend(&sql, i == 0 ? "" : ",", "(?, ?, 2, ?, ?)");
          values.insert(values.end(), {lead_.organization, NewId(), population_, kDay});
        }
        const auto inserted = tx.Execute(sql, values);
        if (!inserted.ok()) return inserted.status();
      }
      return absl::OkStatus();
    });
  };
  add(10000);
  EXPECT_EQ(Summarize(analyst_), "");
  add(1);
  EXPECT_EQ(Summarize(analyst_), "POPULATION_TOO_LARGE");
}

}  // namespace
}  // namespace trellis::caseload
