// What followers are told, and what they must never be told.
#include <tuple>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/fixture.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

using options::v1::ROLE_CLINICIAN;
using options::v1::ROLE_COORDINATOR;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EventsTest : public IdentityTest {
 protected:
  struct Written {
    std::string type;  // without its package
    std::string payload;
  };
  // The events of this test's organization, oldest first.
  std::vector<Written> Events() {
    std::vector<Written> events;
    const absl::Status status =
        service().pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(
              auto rows,
              session.Query<std::string, std::string>(
                  "SELECT type, payload FROM event WHERE organization_id = ? ORDER BY write_time, event_id LIMIT 100",
                  administrator_.organization));
          for (auto& [type, payload] : rows) events.push_back({type.substr(type.rfind('.') + 1), payload});
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return events;
  }
  std::vector<std::string> Types() {
    std::vector<std::string> types;
    for (const Written& event : Events()) types.push_back(event.type);
    return types;
  }
};

TEST_F(EventsTest, TellWhatHappenedInItsOrder) {
  const testing::TestUser clinician = NewUser({ROLE_CLINICIAN});
  const testing::TestUser coordinator = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  const std::string person = Registered(coordinator, "Anna", "Kowalska");
  ASSERT_TRUE(Grant(coordinator, v1::RELATION_KIND_CARE_TEAM, person, NameOf("users", clinician.user)).ok());
  ASSERT_TRUE(Revoke(coordinator, v1::RELATION_KIND_CARE_TEAM, person, NameOf("users", clinician.user)).ok());
  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name(person);
  update.mutable_person()->set_preferred_name("Ania");
  ASSERT_TRUE(Call(coordinator, *persons_, &v1::Persons::Stub::UpdatePerson, update).ok());
  EXPECT_THAT(Types(), ElementsAre("OrganizationCreated", "UserCreated", "UserCreated", "PersonRegistered",
                                   "RelationGranted", "RelationGranted", "RelationRevoked", "PersonUpdated"));
}

TEST_F(EventsTest, AreNotWrittenForWhatWasRefusedOrChangedNothing) {
  const testing::TestUser coordinator = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  const std::string person = Registered(coordinator, "Anna", "Kowalska");
  const std::size_t before = Events().size();
  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name(person);
  update.mutable_person()->set_given_names("Anna");
  ASSERT_TRUE(Call(coordinator, *persons_, &v1::Persons::Stub::UpdatePerson, update).ok());
  update.mutable_person()->set_etag("\"99\"");
  update.mutable_person()->set_given_names("Berta");
  ASSERT_FALSE(Call(coordinator, *persons_, &v1::Persons::Stub::UpdatePerson, update).ok());
  EXPECT_EQ(Events().size(), before);
}

TEST_F(EventsTest, HoldNothingPersonal) {
  const testing::TestUser coordinator = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  v1::Person person;
  person.set_given_names("CANARY-name");
  person.add_phones("+44 555 0199");
  person.add_emails("canary@example.org");
  person.mutable_address()->set_city("CANARY-city");
  person.add_identifiers()->set_system("urn:x");
  person.mutable_identifiers(0)->set_value("CANARY-number");
  auto registered = Register(coordinator, person);
  ASSERT_TRUE(registered.ok());
  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name(registered.value.person().name());
  update.mutable_person()->set_family_names("CANARY-family");
  ASSERT_TRUE(Call(coordinator, *persons_, &v1::Persons::Stub::UpdatePerson, update).ok());
  for (const Written& event : Events()) {
    for (const char* canary : {"CANARY", "canary", "0199", "Ada", "@example.org"}) {
      EXPECT_FALSE(absl::StrContains(event.payload, canary)) << event.type;
    }
  }
}

}  // namespace
}  // namespace trellis::identity
