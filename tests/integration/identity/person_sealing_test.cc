// What the tables show of a person, and what happens to who moves it about.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/resource_name.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using options::v1::ROLE_COORDINATOR;

class PersonSealingTest : public IdentityTest {
 protected:
  absl::Status Execute(absl::string_view sql, const std::vector<db::Value>& arguments) {
    return service().pool().Transact(absl::Now() + absl::Seconds(10),
                                     [&](db::Session& tx) { return tx.Execute(sql, arguments).status(); });
  }
  Id IdOf(const std::string& person) { return *rpc::ParseName("persons", person); }
  Answer<v1::GetPersonResponse> Get(const testing::TestUser& who, const std::string& person) {
    v1::GetPersonRequest request;
    request.set_name(person);
    return Call(who, *persons_, &v1::Persons::Stub::GetPerson, request);
  }
};

TEST_F(PersonSealingTest, AProfileOpensInItsOwnRowOnly) {
  const testing::TestUser coordinator = NewUser({ROLE_COORDINATOR});
  const std::string anna = Registered(coordinator, "Anna", "Kowalska");
  const std::string boris = Registered(coordinator, "Boris", "Petrov");
  ASSERT_TRUE(Get(coordinator, anna).ok());
  ASSERT_TRUE(
      Execute("UPDATE person a, person b SET a.profile = b.profile WHERE a.organization_id = ? AND a.id = ? AND "
              "b.organization_id = a.organization_id AND b.id = ?",
              {coordinator.organization, IdOf(anna), IdOf(boris)})
          .ok());
  EXPECT_EQ(Get(coordinator, anna).code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(Get(coordinator, anna).status.error_message().find("Petrov"), std::string::npos);
  EXPECT_TRUE(Get(coordinator, boris).ok());

  // Also together with its key.
  ASSERT_TRUE(Execute("UPDATE data_key a, data_key b SET a.wrapped_key = b.wrapped_key WHERE a.organization_id = ? AND "
                      "a.person_id = ? AND b.organization_id = a.organization_id AND b.person_id = ?",
                      {coordinator.organization, IdOf(anna), IdOf(boris)})
                  .ok());
  service().Restart();  // forgets the keys that it has open
  EXPECT_FALSE(Get(coordinator, anna).ok());
}

TEST_F(PersonSealingTest, WhereNobodyIsRegisteredNobodyIsFound) {
  testing::TestUser coordinator = NewOrganization();
  coordinator.roles = {ROLE_COORDINATOR};
  v1::SearchPersonsRequest request;
  request.set_name_query("anna");
  const auto answer = Call(coordinator, *persons_, &v1::Persons::Stub::SearchPersons, request);
  ASSERT_TRUE(answer.ok()) << answer.reason();
  EXPECT_EQ(answer.value.persons_size(), 0);
}

TEST_F(PersonSealingTest, AnotherOrganizationsProfileDoesNotOpen) {
  const testing::TestUser here = NewUser({ROLE_COORDINATOR});
  testing::TestUser there = NewOrganization();
  there.roles = {ROLE_COORDINATOR};
  const std::string anna = Registered(here, "Anna", "Kowalska");
  const std::string boris = Registered(there, "Boris", "Petrov");
  ASSERT_TRUE(
      Execute("UPDATE person a, person b SET a.profile = b.profile WHERE a.organization_id = ? AND a.id = ? AND "
              "b.organization_id = ? AND b.id = ?",
              {here.organization, IdOf(anna), there.organization, IdOf(boris)})
          .ok());
  EXPECT_FALSE(Get(here, anna).ok());
}

}  // namespace
}  // namespace trellis::identity
