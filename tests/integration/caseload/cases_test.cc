// Opening, reading, listing and closing cases.
#include <atomic>
#include <thread>

#include "tests/integration/caseload/caseload_fixture.h"

namespace trellis::caseload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Referral = referral::v1::Referral;
using trellis::testing::ReasonOf;

class CasesTest : public CaseloadTest {
 protected:
  grpc::Status TryOpen(const TestUser& user, const v1::Case& record, v1::OpenCaseResponse* response,
                       const std::string& request_id = "") {
    v1::OpenCaseRequest request;
    *request.mutable_case_record() = record;
    request.set_request_id(request_id);
    return cases_->OpenCase(caseload().As(user).get(), request, response);
  }
  v1::Case Wanted(const Id& person) {
    v1::Case record;
    record.set_person(MakeName("persons", person));
    return record;
  }
  grpc::Status TryClose(const TestUser& user, const std::string& name, const std::string& etag = "",
                        v1::CloseCaseResponse* response = nullptr) {
    v1::CloseCaseRequest request;
    request.set_name(name);
    request.set_reason(v1::Case::CLOSE_REASON_GOALS_REACHED);
    request.set_note("all well");
    request.set_etag(etag);
    v1::CloseCaseResponse ignored;
    return cases_->CloseCase(caseload().As(user).get(), request, response == nullptr ? &ignored : response);
  }
  std::vector<std::string> ListOf(const TestUser& user, v1::ListCasesRequest request = {}) {
    std::vector<std::string> names;
    do {
      v1::ListCasesResponse response;
      const grpc::Status status = cases_->ListCases(caseload().As(user).get(), request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      for (const auto& record : response.cases()) names.push_back(record.name());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return names;
  }
};

TEST_F(CasesTest, OpensWithTheProductsDefaultsOrTheCallersChoice) {
  const v1::Case record = Open(coordinator_, NewPerson(coordinator_));
  EXPECT_EQ(record.state(), v1::Case::STATE_OPEN);
  EXPECT_EQ(record.coordinator(), MakeName("users", coordinator_.user));
  EXPECT_EQ(record.review_interval().seconds(), 28 * 24 * 3600);
  EXPECT_FALSE(record.care_plan().complete());
  EXPECT_EQ(GetCase(coordinator_, record.name()).SerializeAsString(), record.SerializeAsString());
  EXPECT_EQ(Open(coordinator_, NewPerson(coordinator_), absl::Hours(24 * 14)).review_interval().seconds(), 14 * 86400);
}

TEST_F(CasesTest, RefusesWrongIntervalsAndCoordinatorsWithoutRelation) {
  const Id person = NewPerson(coordinator_);
  v1::OpenCaseResponse response;
  for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{3600}, std::int64_t{367 * 86400},
                                     std::int64_t{9'000'000'000'000'000}}) {
    v1::Case record = Wanted(person);
    record.mutable_review_interval()->set_seconds(seconds);
    EXPECT_EQ(TryOpen(coordinator_, record, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << seconds;
  }
  v1::Case record = Wanted(person);
  record.set_coordinator(MakeName("users", colleague_.user));
  EXPECT_EQ(TryOpen(coordinator_, record, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  caseload().AddCareTeam(organization_, person, colleague_.user);
  ASSERT_TRUE(TryOpen(coordinator_, record, &response).ok());
  EXPECT_EQ(response.case_record().coordinator(), record.coordinator());
  EXPECT_THAT(List(colleague_), SizeIs(1));
}

TEST_F(CasesTest, APersonHasOneOpenCaseAndARepeatedRequestOpensNoSecond) {
  const Id person = NewPerson(coordinator_);
  const std::string request_id = NewId().ToString();
  v1::OpenCaseResponse first, again;
  ASSERT_TRUE(TryOpen(coordinator_, Wanted(person), &first, request_id).ok());
  ASSERT_TRUE(TryOpen(coordinator_, Wanted(person), &again, request_id).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());

  const grpc::Status second = TryOpen(coordinator_, Wanted(person), &again);
  EXPECT_EQ(second.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(second), "CASE_OPEN");
  EXPECT_EQ(ReasonOf(TryOpen(coordinator_, Wanted(NewPerson(coordinator_)), &again, request_id)), "REQUEST_ID_REUSED");

  ASSERT_TRUE(TryClose(coordinator_, first.case_record().name()).ok());
  EXPECT_TRUE(TryOpen(coordinator_, Wanted(person), &again).ok()) << "who comes back gets a new case";
  EXPECT_NE(again.case_record().name(), first.case_record().name());
}

TEST_F(CasesTest, OfManyAtOnceExactlyOneOpensTheCase) {
  const Id person = NewPerson(coordinator_);
  std::atomic<int> opened = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      v1::OpenCaseResponse response;
      const grpc::Status status = TryOpen(coordinator_, Wanted(person), &response);
      if (status.ok()) ++opened;
      if (ReasonOf(status) == "CASE_OPEN") ++refused;
    });
  }
  for (int i = 0; i < 8; ++i) {  // the feed works on the same person meanwhile
    Tell(assessment(), organization_, Recorded(person, clock().Now()).Total(i, "x").Critical("r", "q").event());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(refused, 7);
  EXPECT_TRUE(Eventually([&] { return OpenAlerts(coordinator_, person).size() == 8; }));
  EXPECT_EQ(LineOf(coordinator_, person).reasons_size(), 8);
}

TEST_F(CasesTest, UnknownAndForbiddenLookTheSame) {
  const v1::Case record = Open(coordinator_, NewPerson(coordinator_));
  v1::GetCaseRequest request;
  v1::GetCaseResponse response;
  v1::OpenCaseResponse opened;
  request.set_name(MakeName("cases", NewId()));
  const grpc::Status unknown = cases_->GetCase(caseload().As(coordinator_).get(), request, &response);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  for (const TestUser& other : {colleague_, stranger_}) {
    request.set_name(record.name());
    const grpc::Status forbidden = cases_->GetCase(caseload().As(other).get(), request, &response);
    EXPECT_EQ(forbidden.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(ReasonOf(forbidden), ReasonOf(unknown));
    EXPECT_EQ(TryClose(other, record.name()).error_code(), grpc::StatusCode::NOT_FOUND);
    v1::Case wanted;
    wanted.set_person(record.person());
    EXPECT_EQ(TryOpen(other, wanted, &opened).error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_THAT(ListOf(other), IsEmpty());
  }
  request.set_name("cases/not-an-id");
  EXPECT_EQ(cases_->GetCase(caseload().As(coordinator_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(GetCase(coordinator_, record.name()).state(), v1::Case::STATE_OPEN);
}

TEST_F(CasesTest, ListsNewestFirstByPersonAndState) {
  const Id person = NewPerson(coordinator_);
  const v1::Case first = Open(coordinator_, person);
  ASSERT_TRUE(TryClose(coordinator_, first.name()).ok());
  const v1::Case second = Open(coordinator_, person);
  const v1::Case other = Open(coordinator_, NewPerson(coordinator_));
  v1::ListCasesRequest request;
  request.set_page_size(1);
  EXPECT_THAT(ListOf(coordinator_, request), ElementsAre(other.name(), second.name(), first.name()));
  request.set_person(MakeName("persons", person));
  EXPECT_THAT(ListOf(coordinator_, request), ElementsAre(second.name(), first.name()));
  request.set_state(v1::Case::STATE_CLOSED);
  EXPECT_THAT(ListOf(coordinator_, request), ElementsAre(first.name()));
  EXPECT_THAT(ListOf(colleague_, request), IsEmpty());
}

TEST_F(CasesTest, ClosesOnlyWhenNothingIsLeftOpen) {
  const Id person = NewPerson(coordinator_);
  const v1::Case record = Open(coordinator_, person);
  const Id sent = NewId();
  Tell(assessment(), organization_, Recorded(person, clock().Now()).Critical("self-harm", "q9").event());
  Tell(referral(), organization_,
       Changed(sent, person, Referral::STATE_REQUESTED, clock().Now() - absl::Hours(24 * 8)));
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).reasons_size() == 2; }));
  EXPECT_EQ(ReasonOf(TryClose(coordinator_, record.name())), "OPEN_ALERTS");
  ASSERT_TRUE(AcknowledgeAll(coordinator_, person).ok());
  EXPECT_EQ(ReasonOf(TryClose(coordinator_, record.name())), "OPEN_REFERRALS");
  Tell(referral(), organization_, Changed(sent, person, Referral::STATE_CANCELLED, clock().Now()));
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).reasons().empty(); }));

  EXPECT_EQ(ReasonOf(TryClose(coordinator_, record.name(), "\"99\"")), "ETAG_MISMATCH");
  v1::CloseCaseResponse closed;
  ASSERT_TRUE(TryClose(coordinator_, record.name(), record.etag(), &closed).ok());
  EXPECT_EQ(closed.case_record().state(), v1::Case::STATE_CLOSED);
  EXPECT_EQ(closed.case_record().close_note(), "all well");
  EXPECT_THAT(List(coordinator_), IsEmpty());
  EXPECT_EQ(ReasonOf(TryClose(coordinator_, record.name())), "STATE_FORBIDS");

  // What happens later is remembered, and the case stays closed and off the list.
  Tell(assessment(), organization_, Recorded(person, clock().Now()).Critical("self-harm", "q9").event());
  ASSERT_TRUE(Eventually([&] { return OpenAlerts(coordinator_, person).size() == 1; }));
  EXPECT_THAT(List(coordinator_), IsEmpty());
}

TEST_F(CasesTest, ClosingAsksForAReason) {
  const v1::Case record = Open(coordinator_, NewPerson(coordinator_));
  v1::CloseCaseRequest request;
  v1::CloseCaseResponse response;
  request.set_name(record.name());
  EXPECT_EQ(cases_->CloseCase(caseload().As(coordinator_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.set_reason(static_cast<v1::Case::CloseReason>(99));
  EXPECT_EQ(cases_->CloseCase(caseload().As(coordinator_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.set_reason(v1::Case::CLOSE_REASON_OTHER);
  EXPECT_EQ(cases_->CloseCase(caseload().As(coordinator_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT)
      << "another reason has to be told";
}

}  // namespace
}  // namespace trellis::caseload
