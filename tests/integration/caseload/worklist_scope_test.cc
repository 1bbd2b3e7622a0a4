// Who sees which lines: exactly those whose person they may see.
#include "common/db/pool.h"

#include "tests/integration/caseload/caseload_fixture.h"

namespace trellis::caseload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using trellis::testing::ReasonOf;

class WorklistScopeTest : public CaseloadTest {
 protected:
  std::vector<std::string> PersonsOf(const TestUser& user) {
    std::vector<std::string> persons;
    for (const auto& entry : List(user)) persons.push_back(entry.person());
    return persons;
  }
  grpc::Status Page(const TestUser& user, v1::ListWorklistRequest request, v1::ListWorklistResponse* response) {
    return worklist_->ListWorklist(caseload().As(user).get(), request, response);
  }
  v1::ListWorklistResponse MustPage(const TestUser& user, const v1::ListWorklistRequest& request) {
    v1::ListWorklistResponse response;
    const grpc::Status status = Page(user, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

TEST_F(WorklistScopeTest, OtherCoordinatorsAndOtherOrganizationsSeeNothing) {
  Open(coordinator_, NewPerson(coordinator_));
  EXPECT_THAT(List(coordinator_), SizeIs(1));
  EXPECT_THAT(List(colleague_), IsEmpty());
  EXPECT_THAT(List(stranger_), IsEmpty());
}

TEST_F(WorklistScopeTest, ALeadSeesTheMembersAndEachCaseOnce) {
  const Id population = NewId();
  const Id both = NewPerson(coordinator_);    // care team of both, and a member
  const Id member = NewPerson(coordinator_);  // a member only, for the colleague
  const Id neither = NewPerson(coordinator_);
  caseload().AddCareTeam(organization_, both, colleague_.user);
  for (const Id& person : {both, member}) caseload().AddMember(organization_, person, population);
  caseload().AddLead(organization_, population, colleague_.user);
  for (const Id& person : {both, member, neither}) Open(coordinator_, person);

  EXPECT_THAT(PersonsOf(colleague_), UnorderedElementsAre(MakeName("persons", both), MakeName("persons", member)));
  EXPECT_THAT(PersonsOf(coordinator_), SizeIs(3));

  v1::ListWorklistRequest request;
  request.set_population(MakeName("populations", population));
  EXPECT_THAT(MustPage(colleague_, request).entries(), SizeIs(2));
}

TEST_F(WorklistScopeTest, ARelationThatCameOrWentAfterTheCaseWasOpenedCounts) {
  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person);
  EXPECT_THAT(List(colleague_), IsEmpty());
  // A new relation puts the line there through identity's feed (populations_test); one that ends hides it at once.
  ASSERT_TRUE(caseload()
                  .pool()
                  .Transact(absl::Now() + absl::Seconds(5),
                            [&](db::Session& tx) {
                              return tx
                                  .Execute(
                                      "UPDATE access_relation SET valid_to = ? WHERE organization_id = ?"
                                      " AND resource_id = ?",
                                      clock().Now() - absl::Seconds(1), organization_, person)
                                  .status();
                            })
                  .ok());
  EXPECT_THAT(List(coordinator_), IsEmpty());
}

TEST_F(WorklistScopeTest, TheCoordinatorFilterShowsOnlyVisibleCases) {
  const Id mine = NewPerson(coordinator_);
  const Id shared = NewPerson(coordinator_);
  caseload().AddCareTeam(organization_, shared, colleague_.user);
  Open(coordinator_, mine);
  Open(coordinator_, shared);
  Open(colleague_, NewPerson(colleague_));
  v1::ListWorklistRequest request;
  request.set_coordinator(MakeName("users", coordinator_.user));
  EXPECT_THAT(MustPage(coordinator_, request).entries(), SizeIs(2));
  const v1::ListWorklistResponse seen = MustPage(colleague_, request);
  ASSERT_THAT(seen.entries(), SizeIs(1));
  EXPECT_EQ(seen.entries(0).person(), MakeName("persons", shared));
  EXPECT_THAT(MustPage(stranger_, request).entries(), IsEmpty());

  request.set_population(MakeName("populations", NewId()));
  v1::ListWorklistResponse response;
  EXPECT_EQ(Page(coordinator_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WorklistScopeTest, PagesAreBoundToUserAndFilter) {
  for (int i = 0; i < 5; ++i) {
    const Id person = NewPerson(coordinator_);
    caseload().AddCareTeam(organization_, person, colleague_.user);
    Open(coordinator_, person);
  }
  EXPECT_THAT(List(coordinator_, 2), SizeIs(5)) << "three pages, nothing twice, nothing lost";
  v1::ListWorklistRequest request;
  request.set_page_size(2);
  request.set_page_token(MustPage(coordinator_, request).next_page_token());
  v1::ListWorklistResponse response;
  EXPECT_TRUE(Page(coordinator_, request, &response).ok());
  EXPECT_EQ(Page(colleague_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_coordinator(MakeName("users", coordinator_.user));
  EXPECT_EQ(Page(coordinator_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_page_token("nonsense");
  EXPECT_EQ(Page(coordinator_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_page_token("");
  request.set_page_size(-1);
  EXPECT_EQ(Page(coordinator_, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WorklistScopeTest, RolesWithoutAWorklistAreRefused) {
  v1::ListWorklistResponse response;
  for (const auto role :
       {options::v1::ROLE_ORGANIZATION_ADMINISTRATOR, options::v1::ROLE_PROVIDER_STAFF, options::v1::ROLE_ANALYST}) {
    EXPECT_EQ(Page(TestUser::Make({role}, organization_), {}, &response).error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
  }
  EXPECT_EQ(worklist_->ListWorklist(TestService::AsNobody().get(), {}, &response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace trellis::caseload
