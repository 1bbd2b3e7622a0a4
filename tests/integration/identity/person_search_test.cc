#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using options::v1::ROLE_COORDINATOR;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class PersonSearchTest : public IdentityTest {
 protected:
  Answer<v1::SearchPersonsResponse> Search(const testing::TestUser& who, const v1::SearchPersonsRequest& request) {
    return Call(who, *persons_, &v1::Persons::Stub::SearchPersons, request);
  }
  std::vector<std::string> Names(const testing::TestUser& who, const std::string& query) {
    v1::SearchPersonsRequest request;
    request.set_name_query(query);
    const auto found = Search(who, request);
    EXPECT_TRUE(found.ok()) << found.status.error_message();
    std::vector<std::string> names;
    for (const auto& person : found.value.persons()) names.push_back(person.given_names());
    return names;
  }

  testing::TestUser coordinator_ = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  testing::TestUser colleague_ = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
};

TEST_F(PersonSearchTest, FindsByTheBeginningsOfNames) {
  Registered(coordinator_, "Łucja", "Wiśniewska-Żak");
  Registered(coordinator_, "Lucas", "Featherstonehaugh");
  Registered(coordinator_, "Lucy", "O'Neil");
  EXPECT_THAT(Names(coordinator_, "LUC"), ElementsAre("Łucja", "Lucas", "Lucy"));
  EXPECT_THAT(Names(coordinator_, "zak lu"), ElementsAre("Łucja"));
  EXPECT_THAT(Names(coordinator_, "Featherstone"), ElementsAre("Lucas"));
  EXPECT_THAT(Names(coordinator_, "Featherstonx"), IsEmpty());
  EXPECT_THAT(Names(coordinator_, "oneil"), ElementsAre("Lucy"));
  EXPECT_THAT(Names(coordinator_, "ucja"), IsEmpty());
  EXPECT_THAT(Names(coordinator_, "lu%"), ElementsAre("Łucja", "Lucas", "Lucy")) << "no wildcards";
}

TEST_F(PersonSearchTest, FindsOnlyWhomTheCallerMaySee) {
  Registered(coordinator_, "Mine", "Searchable");
  const std::string theirs = Registered(colleague_, "Theirs", "Searchable");
  Registered(testing::TestUser::Make({ROLE_COORDINATOR}), "Foreign", "Searchable");
  EXPECT_THAT(Names(coordinator_, "searchable"), ElementsAre("Mine"));
  EXPECT_THAT(Names(coordinator_, ""), ElementsAre("Mine"));
  ASSERT_TRUE(
      Grant(colleague_, v1::RELATION_KIND_CARE_TEAM, theirs, NameOf("users", NewUser({ROLE_COORDINATOR}).user)).ok());
  EXPECT_THAT(Names(coordinator_, "searchable"), ElementsAre("Mine"));
}

TEST_F(PersonSearchTest, FindsThroughAPopulation) {
  const std::string population = NameOf("populations", testing::TestUser::Make({}).user);
  ASSERT_TRUE(Grant(colleague_, v1::RELATION_KIND_LEAD, population, NameOf("users", colleague_.user)).ok());
  const std::string person = Registered(colleague_, "Peter", "Pupil");
  ASSERT_TRUE(Grant(colleague_, v1::RELATION_KIND_MEMBER, person, population).ok());
  EXPECT_THAT(Names(coordinator_, "pupil"), IsEmpty());
  service().AddLead(administrator_.organization, IdOf(population), coordinator_.user);
  EXPECT_THAT(Names(coordinator_, "pupil"), ElementsAre("Peter"));
  EXPECT_THAT(Names(coordinator_, ""), ElementsAre("Peter"));
  EXPECT_THAT(Names(colleague_, ""), ElementsAre("Peter")) << "once, though seen in two ways";
}

TEST_F(PersonSearchTest, FindsByBirthDateAndIdentifier) {
  v1::Person person;
  person.set_given_names("Berta");
  person.mutable_birth_date()->set_year(1950);
  person.mutable_birth_date()->set_month(1);
  person.mutable_birth_date()->set_day(2);
  person.add_identifiers()->set_system("urn:prison");
  person.mutable_identifiers(0)->set_value("A1234BC");
  ASSERT_TRUE(Register(coordinator_, person).ok());
  v1::SearchPersonsRequest request;
  *request.mutable_birth_date() = person.birth_date();
  EXPECT_EQ(Search(coordinator_, request).value.persons_size(), 1);
  request.set_name_query("anna");
  EXPECT_EQ(Search(coordinator_, request).value.persons_size(), 0) << "all conditions must hold";
  request.set_name_query("be");
  request.mutable_identifier()->set_system("urn:prison");
  request.mutable_identifier()->set_value("a1234-bc");
  EXPECT_EQ(Search(coordinator_, request).value.persons_size(), 1);
  EXPECT_EQ(Search(colleague_, request).value.persons_size(), 0);
  request.mutable_birth_date()->set_day(3);
  EXPECT_EQ(Search(coordinator_, request).value.persons_size(), 0);
  request.mutable_birth_date()->set_month(13);
  EXPECT_EQ(Search(coordinator_, request).code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(PersonSearchTest, FollowsAChangeOfName) {
  const std::string person = Registered(coordinator_, "Before", "Marriage");
  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name(person);
  update.mutable_person()->set_family_names("Wedding");
  ASSERT_TRUE(Call(coordinator_, *persons_, &v1::Persons::Stub::UpdatePerson, update).ok());
  EXPECT_THAT(Names(coordinator_, "marriage"), IsEmpty());
  EXPECT_THAT(Names(coordinator_, "wedding"), ElementsAre("Before"));
}

TEST_F(PersonSearchTest, ComesInPagesThatBelongToTheirQuery) {
  std::set<std::string> all;
  for (int i = 0; i < 7; ++i) all.insert(Registered(coordinator_, i % 2 == 0 ? "Even" : "Odd", "Paged"));
  for (const char* query : {"paged", "", "even paged"}) {
    std::set<std::string> seen;
    v1::SearchPersonsRequest request;
    request.set_name_query(query);
    request.set_page_size(2);
    int pages = 0;
    do {
      const auto page = Search(coordinator_, request);
      ASSERT_TRUE(page.ok()) << page.status.error_message();
      EXPECT_LE(page.value.persons_size(), 2);
      for (const auto& person : page.value.persons()) EXPECT_TRUE(seen.insert(person.name()).second);
      request.set_page_token(page.value.next_page_token());
    } while (!request.page_token().empty() && ++pages < 20);
    EXPECT_EQ(seen.size(), std::string(query) == "even paged" ? 4u : 7u);
  }
  v1::SearchPersonsRequest request;
  request.set_name_query("paged");
  request.set_page_size(2);
  request.set_page_token(Search(coordinator_, request).value.next_page_token());
  ASSERT_FALSE(request.page_token().empty());
  request.set_name_query("even");
  EXPECT_THAT(WrongFields(Search(coordinator_, request).status), ElementsAre("page_token"));
}

// Who sees thousands of persons is served in another way: the answers must be the same.
TEST_F(PersonSearchTest, FindsTheSameForAReaderOfVeryMany) {
  const std::string population = NameOf("populations", testing::TestUser::Make({}).user);
  const std::string first = Registered(coordinator_, "Wanda", "Wide");
  Registered(colleague_, "Wiktor", "Wide");
  const std::string last = Registered(coordinator_, "Weronika", "Wide");
  ASSERT_TRUE(Grant(coordinator_, v1::RELATION_KIND_LEAD, population, NameOf("users", coordinator_.user)).ok());
  const std::vector<std::string> before = Names(coordinator_, "wide");
  EXPECT_THAT(before, ElementsAre("Wanda", "Weronika"));

  // Relations to persons that do not exist count as much as others.
  const absl::Status status =
      service().pool().Transact(absl::Now() + absl::Seconds(60), [&](db::Session& tx) -> absl::Status {
        for (int i = 0; i < 51; ++i) {
          std::string sql =
              "INSERT INTO access_relation (organization_id, resource_id, kind, subject_id, valid_from) VALUES ";
          std::vector<db::Value> arguments;
          for (int j = 0; j < 100; ++j) {
            absl::StrAppend(&sql, j == 0 ? "" : ", ", "(?, ?, 2, ?, '2020-01-01')");
            arguments.insert(arguments.end(),
                             {administrator_.organization, testing::TestUser::Make({}).user, IdOf(population)});
          }
          TRELLIS_RETURN_IF_ERROR(tx.Execute(sql, arguments).status());
        }
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Names(coordinator_, "wide"), before);
  EXPECT_EQ(Names(coordinator_, ""), before);
  v1::SearchPersonsRequest request;
  request.set_page_size(1);
  const auto page = Search(coordinator_, request);
  ASSERT_EQ(page.value.persons_size(), 1);
  EXPECT_EQ(page.value.persons(0).name(), first);
  request.set_page_token(page.value.next_page_token());
  ASSERT_EQ(Search(coordinator_, request).value.persons_size(), 1);
  EXPECT_EQ(Search(coordinator_, request).value.persons(0).name(), last);
}

TEST_F(PersonSearchTest, RefusesAQueryThatNarrowsNothing) {
  v1::SearchPersonsRequest request;
  request.set_name_query("a");
  EXPECT_THAT(WrongFields(Search(coordinator_, request).status), ElementsAre("name_query"));
  request.set_name_query("?!");
  EXPECT_THAT(WrongFields(Search(coordinator_, request).status), ElementsAre("name_query"));
}

}  // namespace
}  // namespace trellis::identity
