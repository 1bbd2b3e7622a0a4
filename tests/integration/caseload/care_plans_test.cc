// Care plans, line by line, moved by referrals and by the coordinator.
#include "tests/integration/caseload/caseload_fixture.h"

namespace trellis::caseload {
namespace {

using ::testing::SizeIs;
using Need = v1::ServiceNeed;
using Referral = referral::v1::Referral;
using trellis::testing::ReasonOf;

class CarePlansTest : public CaseloadTest {
 protected:
  bool Becomes(const std::string& name, Need::State state) {
    return Eventually([&] { return GetNeed(coordinator_, name).state() == state; });
  }
  grpc::Status Meet(const TestUser& user, const std::string& name, const std::string& etag = "") {
    v1::MeetServiceNeedRequest request;
    request.set_name(name);
    request.set_etag(etag);
    v1::MeetServiceNeedResponse response;
    return plans_->MeetServiceNeed(caseload().As(user).get(), request, &response);
  }
  grpc::Status Drop(const TestUser& user, const std::string& name) {
    v1::DropServiceNeedRequest request;
    request.set_name(name);
    v1::DropServiceNeedResponse response;
    return plans_->DropServiceNeed(caseload().As(user).get(), request, &response);
  }

  const Id person_ = NewPerson(coordinator_);
  const v1::Case case_ = Open(coordinator_, person_);
};

TEST_F(CarePlansTest, ANeedFollowsItsReferralsToAnEnd) {
  const Need need = AddNeed(coordinator_, case_, "counselling");
  EXPECT_EQ(need.state(), Need::STATE_UNMET);
  EXPECT_EQ(need.person(), MakeName("persons", person_));
  const Id first = NewId();
  const Id second = NewId();
  const auto step = [&](const Id& id, Referral::State to) {
    Tell(referral(), organization_, Changed(id, person_, to, clock().Now(), need.name()));
  };
  step(first, Referral::STATE_DRAFT);
  step(first, Referral::STATE_REQUESTED);
  ASSERT_TRUE(Becomes(need.name(), Need::STATE_IN_PROGRESS));
  EXPECT_EQ(GetNeed(coordinator_, need.name()).referral(), MakeName("referrals", first));
  EXPECT_TRUE(GetCase(coordinator_, case_.name()).care_plan().complete());
  step(second, Referral::STATE_REQUESTED);
  step(first, Referral::STATE_REJECTED);
  step(second, Referral::STATE_ACCEPTED);
  step(second, Referral::STATE_CANCELLED);
  ASSERT_TRUE(Becomes(need.name(), Need::STATE_UNMET));
  EXPECT_FALSE(GetCase(coordinator_, case_.name()).care_plan().complete());
  EXPECT_EQ(LineOf(coordinator_, person_).priority(), 5);
  const Id third = NewId();
  step(third, Referral::STATE_IN_PROGRESS);
  step(third, Referral::STATE_COMPLETED);
  ASSERT_TRUE(Becomes(need.name(), Need::STATE_MET));
  EXPECT_EQ(GetCase(coordinator_, case_.name()).care_plan().met_count(), 1);
  EXPECT_EQ(LineOf(coordinator_, person_).priority(), 9);
}

TEST_F(CarePlansTest, AReferralOfSomebodyElseDoesNotMoveANeed) {
  const Need need = AddNeed(coordinator_, case_, "counselling");
  const Id other = NewPerson(coordinator_);
  Open(coordinator_, other);
  Tell(referral(), organization_,
       Changed(NewId(), other, Referral::STATE_REQUESTED, clock().Now() - absl::Hours(999), need.name()));
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, other).priority() == 4; }));
  EXPECT_EQ(GetNeed(coordinator_, need.name()).state(), Need::STATE_UNMET);
}

TEST_F(CarePlansTest, TheCoordinatorSettlesANeedForGood) {
  const Need met = AddNeed(coordinator_, case_, "counselling");
  const Need dropped = AddNeed(coordinator_, case_, "home-help");
  EXPECT_EQ(ReasonOf(Meet(coordinator_, met.name(), "\"7\"")), "ETAG_MISMATCH");
  ASSERT_TRUE(Meet(coordinator_, met.name(), met.etag()).ok());
  ASSERT_TRUE(Drop(coordinator_, dropped.name()).ok());
  EXPECT_EQ(ReasonOf(Drop(coordinator_, met.name())), "STATE_FORBIDS");
  EXPECT_EQ(LineOf(coordinator_, person_).priority(), 9);
  EXPECT_TRUE(GetCase(coordinator_, case_.name()).care_plan().complete());

  Tell(referral(), organization_,
       Changed(NewId(), person_, Referral::STATE_REQUESTED, clock().Now() - absl::Hours(999), met.name()));
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person_).priority() == 4; }));
  EXPECT_EQ(GetNeed(coordinator_, met.name()).state(), Need::STATE_MET);
}

TEST_F(CarePlansTest, NotesChangeAndListsPage) {
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) names.push_back(AddNeed(coordinator_, case_, "counselling").name());
  v1::UpdateServiceNeedRequest update;
  update.set_name(names[0]);
  update.set_note("evenings only");
  v1::UpdateServiceNeedResponse updated;
  ASSERT_TRUE(plans_->UpdateServiceNeed(caseload().As(coordinator_).get(), update, &updated).ok());
  EXPECT_EQ(updated.service_need().note(), "evenings only");
  EXPECT_EQ(updated.service_need().etag(), "\"2\"");
  update.mutable_update_mask()->add_paths("state");
  EXPECT_EQ(plans_->UpdateServiceNeed(caseload().As(coordinator_).get(), update, &updated).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);

  v1::ListServiceNeedsRequest request;
  request.set_case_record(case_.name());
  request.set_page_size(2);
  v1::ListServiceNeedsResponse page;
  ASSERT_TRUE(plans_->ListServiceNeeds(caseload().As(coordinator_).get(), request, &page).ok());
  ASSERT_THAT(page.service_needs(), SizeIs(2));
  EXPECT_EQ(page.service_needs(0).name(), names[0]);
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(plans_->ListServiceNeeds(caseload().As(coordinator_).get(), request, &page).ok());
  ASSERT_THAT(page.service_needs(), SizeIs(1));
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(CarePlansTest, ForeignAndClosedCasesAreRefused) {
  const Need need = AddNeed(coordinator_, case_, "counselling");
  for (const TestUser& other : {colleague_, stranger_}) {
    EXPECT_EQ(Meet(other, need.name()).error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(Drop(other, need.name()).error_code(), grpc::StatusCode::NOT_FOUND);
    v1::AddServiceNeedRequest add;
    add.mutable_service_need()->set_case_record(case_.name());
    add.mutable_service_need()->mutable_need()->set_code("x");
    v1::AddServiceNeedResponse added;
    EXPECT_EQ(plans_->AddServiceNeed(caseload().As(other).get(), add, &added).error_code(),
              grpc::StatusCode::NOT_FOUND);
  }
  EXPECT_EQ(GetNeed(coordinator_, need.name()).state(), Need::STATE_UNMET);
  v1::CloseCaseRequest close;
  close.set_name(case_.name());
  close.set_reason(v1::Case::CLOSE_REASON_MOVED_AWAY);
  v1::CloseCaseResponse closed;
  ASSERT_TRUE(cases_->CloseCase(caseload().As(coordinator_).get(), close, &closed).ok());
  EXPECT_EQ(ReasonOf(Meet(coordinator_, need.name())), "CASE_CLOSED");
}

}  // namespace
}  // namespace trellis::caseload
