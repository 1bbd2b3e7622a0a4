#include "services/identity/domain/relation_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

Id MakeId(char last) { return *Id::FromBytes(std::string(15, 'x') + last); }
const Id kPerson = MakeId('p');
const Id kPopulation = MakeId('g');
const Id kMe = MakeId('m');
const Id kColleague = MakeId('c');

Asker AskerWith(Roles roles, bool sees, bool leads, bool is_new = false) {
  return {.user = kMe,
          .roles = std::move(roles),
          .sees_person = sees,
          .leads_population = leads,
          .population_is_new = is_new};
}

TEST(ParseRelation, ConnectsTheRightThings) {
  const std::string person = absl::StrCat("persons/", kPerson.ToString());
  const std::string population = absl::StrCat("populations/", kPopulation.ToString());
  const std::string user = absl::StrCat("users/", kMe.ToString());
  EXPECT_TRUE(ParseRelation(1, person, user, "").ok());
  EXPECT_TRUE(ParseRelation(2, person, population, "").ok());
  EXPECT_TRUE(ParseRelation(3, population, user, "").ok());

  EXPECT_EQ(DetailsOf(ParseRelation(1, population, user, "relation.").status())->fields[0].field, "relation.resource");
  EXPECT_EQ(DetailsOf(ParseRelation(1, person, population, "relation.").status())->fields[0].field, "relation.subject");
  EXPECT_EQ(DetailsOf(ParseRelation(0, person, user, "relation.").status())->fields[0].field, "relation.kind");
  EXPECT_FALSE(ParseRelation(4, person, user, "").ok());
  EXPECT_FALSE(ParseRelation(1, "persons/../../etc/passwd", user, "").ok());
  EXPECT_FALSE(ParseRelation(1, "persons/00000000-0000-0000-0000-000000000000", user, "").ok());
}

TEST(MayGrant, CareTeamByWhoeverSeesThePerson) {
  const Relation relation{RelationKind::kCareTeam, kPerson, kColleague};
  EXPECT_TRUE(MayGrant(relation, AskerWith({Role::kCoordinator}, true, false)).ok());
  EXPECT_TRUE(MayGrant(relation, AskerWith({Role::kClinician}, true, false)).ok());
  EXPECT_FALSE(MayGrant(relation, AskerWith({Role::kCoordinator}, false, true)).ok());
  EXPECT_FALSE(MayGrant(relation, AskerWith({Role::kOrganizationAdministrator}, true, true)).ok());
}

TEST(MayGrant, MemberByACoordinatorWhoSeesThePersonAndLeads) {
  const Relation relation{RelationKind::kMember, kPerson, kPopulation};
  EXPECT_TRUE(MayGrant(relation, AskerWith({Role::kCoordinator}, true, true)).ok());
  EXPECT_FALSE(MayGrant(relation, AskerWith({Role::kCoordinator}, true, false)).ok());
  EXPECT_FALSE(MayGrant(relation, AskerWith({Role::kCoordinator}, false, true)).ok());
  EXPECT_FALSE(MayGrant(relation, AskerWith({Role::kClinician}, true, true)).ok());
  EXPECT_FALSE(MayGrant(relation, AskerWith({Role::kOrganizationAdministrator}, true, true)).ok());
}

TEST(MayGrant, LeadByTheAdministratorALeadOrTheFounder) {
  const Relation colleague{RelationKind::kLead, kPopulation, kColleague};
  const Relation own{RelationKind::kLead, kPopulation, kMe};
  EXPECT_TRUE(MayGrant(colleague, AskerWith({Role::kOrganizationAdministrator}, false, false)).ok());
  EXPECT_TRUE(MayGrant(colleague, AskerWith({Role::kCoordinator}, false, true)).ok());
  EXPECT_TRUE(MayGrant(own, AskerWith({Role::kCoordinator}, false, false, true)).ok());
  EXPECT_FALSE(MayGrant(colleague, AskerWith({Role::kCoordinator}, false, false, true)).ok());
  EXPECT_FALSE(MayGrant(own, AskerWith({Role::kCoordinator}, false, false, false)).ok());
  EXPECT_FALSE(MayGrant(own, AskerWith({Role::kClinician}, false, true, true)).ok());
}

TEST(MayRevoke, LetsAUserGiveUpTheirOwn) {
  EXPECT_TRUE(MayRevoke({RelationKind::kCareTeam, kPerson, kMe}, AskerWith({Role::kClinician}, false, false)).ok());
  EXPECT_TRUE(MayRevoke({RelationKind::kLead, kPopulation, kMe}, AskerWith({Role::kCoordinator}, false, false)).ok());
  EXPECT_FALSE(
      MayRevoke({RelationKind::kCareTeam, kPerson, kColleague}, AskerWith({Role::kClinician}, false, false)).ok());
  EXPECT_FALSE(MayRevoke({RelationKind::kMember, kPerson, kMe}, AskerWith({Role::kCoordinator}, false, false)).ok());
}

TEST(MayGrant, HidesWhatIsRefused) {
  const Relation relation{RelationKind::kCareTeam, kPerson, kColleague};
  const absl::Status status = MayGrant(relation, AskerWith({Role::kCoordinator}, false, false));
  EXPECT_EQ(status, NotFound(absl::StrCat("persons/", kPerson.ToString())));
}

}  // namespace
}  // namespace trellis::identity
