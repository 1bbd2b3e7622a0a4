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
          .sees_person_until = sees ? absl::InfiniteFuture() : absl::InfinitePast(),
          .leads_population_until = leads ? absl::InfiniteFuture() : absl::InfinitePast(),
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
  EXPECT_FALSE(ParseRelation(4, person, user, "").ok());  // an emergency: nobody grants it
  EXPECT_FALSE(ParseRelation(5, person, user, "").ok());
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

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kSoon = kNow + absl::Seconds(8);

Grant Until(absl::Time end) { return {.now = kNow, .start = kNow, .end = end}; }

Asker AskerUntil(Roles roles, absl::Time sees, absl::Time leads) {
  return {.user = kMe, .roles = std::move(roles), .sees_person_until = sees, .leads_population_until = leads};
}

TEST(CheckGrant, LastsNoLongerThanTheAccessOfTheOneWhoGrants) {
  const Asker asker = AskerUntil({Role::kCoordinator}, kSoon, absl::InfiniteFuture());
  for (const Relation& relation :
       {Relation{RelationKind::kCareTeam, kPerson, kColleague}, Relation{RelationKind::kCareTeam, kPerson, kMe},
        Relation{RelationKind::kMember, kPerson, kPopulation}}) {
    EXPECT_TRUE(CheckGrant(relation, asker, Until(kSoon)).ok());
    const absl::Status endless = CheckGrant(relation, asker, Until(absl::InfiniteFuture()));
    EXPECT_EQ(ReasonOf(endless), "GRANT_OUTLASTS_GRANTER");
    ASSERT_EQ(DetailsOf(endless)->metadata.size(), 1u);
    EXPECT_EQ(DetailsOf(endless)->metadata[0].first, "latest_end_time");
    EXPECT_EQ(DetailsOf(endless)->metadata[0].second, "2027-01-15T08:00:08Z");
    EXPECT_EQ(ReasonOf(CheckGrant(relation, asker, Until(kSoon + absl::Microseconds(1)))), "GRANT_OUTLASTS_GRANTER");
  }
}

TEST(CheckGrant, LeadLastsNoLongerThanTheGrantersUnlessAdministratorOrFounder) {
  const Relation colleague{RelationKind::kLead, kPopulation, kColleague};
  EXPECT_EQ(ReasonOf(CheckGrant(colleague, AskerUntil({Role::kCoordinator}, absl::InfiniteFuture(), kSoon),
                                Until(absl::InfiniteFuture()))),
            "GRANT_OUTLASTS_GRANTER");
  const Asker administrator =
      AskerUntil({Role::kCoordinator, Role::kOrganizationAdministrator}, absl::InfinitePast(), kSoon);
  EXPECT_TRUE(CheckGrant(colleague, administrator, Until(absl::InfiniteFuture())).ok());
  EXPECT_TRUE(CheckGrant({RelationKind::kLead, kPopulation, kMe},
                         AskerWith({Role::kCoordinator}, false, false, /*is_new=*/true), Until(absl::InfiniteFuture()))
                  .ok());
  // Being an administrator counts for leads alone.
  EXPECT_EQ(ReasonOf(CheckGrant({RelationKind::kCareTeam, kPerson, kColleague},
                                AskerUntil(administrator.roles, kSoon, kSoon), Until(absl::InfiniteFuture()))),
            "GRANT_OUTLASTS_GRANTER");
}

TEST(CheckGrant, ChangesNoRelationOfOnesOwn) {
  const Asker coordinator = AskerWith({Role::kCoordinator}, true, true);
  const Asker administrator = AskerWith({Role::kCoordinator, Role::kOrganizationAdministrator}, true, true);
  Grant grant = Until(kSoon);
  const Relation team{RelationKind::kCareTeam, kPerson, kMe};
  const Relation lead{RelationKind::kLead, kPopulation, kMe};
  EXPECT_TRUE(CheckGrant(team, coordinator, grant).ok());
  grant.exists = true;
  EXPECT_EQ(ReasonOf(CheckGrant(team, coordinator, grant)), "OWN_RELATION") << "nor is one revived";
  grant.live = true;
  EXPECT_EQ(ReasonOf(CheckGrant(team, coordinator, grant)), "OWN_RELATION");
  EXPECT_EQ(ReasonOf(CheckGrant(team, administrator, grant)), "OWN_RELATION");
  EXPECT_EQ(ReasonOf(CheckGrant(lead, coordinator, grant)), "OWN_RELATION");
  EXPECT_TRUE(CheckGrant(lead, administrator, grant).ok());
  EXPECT_TRUE(CheckGrant({RelationKind::kCareTeam, kPerson, kColleague}, coordinator, grant).ok());
  EXPECT_TRUE(CheckGrant({RelationKind::kMember, kPerson, kMe}, coordinator, grant).ok()) << "a population's";
}

TEST(CheckGrant, StartsNotLaterWhereTheRelationIsLive) {
  const Relation relation{RelationKind::kLead, kPopulation, kColleague};
  const Asker administrator = AskerWith({Role::kOrganizationAdministrator}, false, false);
  Grant grant = Until(absl::InfiniteFuture());
  grant.start = kSoon;
  grant.exists = true;
  EXPECT_TRUE(CheckGrant(relation, administrator, grant).ok());
  grant.live = true;
  EXPECT_EQ(ReasonOf(CheckGrant(relation, administrator, grant)), "RELATION_LIVE");
  grant.start = kNow;
  EXPECT_TRUE(CheckGrant(relation, administrator, grant).ok());
}

}  // namespace
}  // namespace trellis::identity
