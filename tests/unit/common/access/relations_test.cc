#include "common/access/relations.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/unit/common/access/access_fixture.h"

namespace trellis::access {
namespace {

class RelationsTest : public RelationTest {
 protected:
  RelationsTest() {
    const absl::Status status = pool().Read(Soon(), [](db::Session& session) {
      return session.ExecuteText(
          "CREATE TABLE record (organization_id BINARY(16) NOT NULL, person_id BINARY(16) NOT NULL, "
          "PRIMARY KEY (organization_id, person_id))");
    });
    EXPECT_TRUE(status.ok()) << status;
  }

  bool May(const Id& organization, const Id& user, const Id& person, absl::Time now) {
    bool allowed = false;
    const absl::Status status = pool().Read(Soon(), [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(allowed, MaySeePerson(session, organization, user, person, now));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return allowed;
  }
  bool May() { return May(organization_, user_, person_, clock_.Now()); }

  std::vector<Id> List(const std::string& sql, const std::vector<db::Value>& arguments) {
    std::vector<Id> out;
    const absl::Status status = pool().Read(Soon(), [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(const auto rows, session.Query<Id>(sql, arguments));
      for (const auto& [id] : rows) out.push_back(id);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }
  // The user's records, found in both ways.
  std::vector<Id> ListByCondition(const Id& organization, const Id& user, absl::Time now) {
    const SqlPart part = AllowedPersonCondition("r.person_id", organization, user, now);
    std::vector<db::Value> arguments = {db::Value(organization)};
    arguments.insert(arguments.end(), part.arguments.begin(), part.arguments.end());
    return List(absl::StrCat("SELECT r.person_id FROM record r WHERE r.organization_id = ? AND ", part.sql,
                             " ORDER BY r.person_id LIMIT 1000"),
                arguments);
  }
  std::vector<Id> ListByTable(const Id& organization, const Id& user, absl::Time now) {
    const SqlPart part = AllowedPersonsTable(organization, user, now);
    std::vector<db::Value> arguments = part.arguments;
    arguments.emplace_back(organization);
    return List(absl::StrCat("SELECT r.person_id FROM ", part.sql,
                             " allowed JOIN record r ON r.person_id = allowed.person_id "
                             "WHERE r.organization_id = ? ORDER BY r.person_id LIMIT 1000"),
                arguments);
  }
};

TEST_F(RelationsTest, TheCareTeamMaySeeThePerson) {
  EXPECT_FALSE(May());
  Put(RelationKind::kCareTeam, person_, user_);
  EXPECT_TRUE(May());
  EXPECT_FALSE(May(NewId(), user_, person_, clock_.Now()));
}

TEST_F(RelationsTest, WhoLeadsAPopulationMaySeeItsMembers) {
  Put(RelationKind::kMember, person_, population_);
  EXPECT_FALSE(May());
  Put(RelationKind::kLead, population_, user_);
  EXPECT_TRUE(May());
  ASSERT_TRUE(Revoke(RelationKind::kMember, person_, population_));
  EXPECT_FALSE(May());
}

TEST_F(RelationsTest, RevokingCountsAtTheNextCheck) {
  for (int i = 0; i < 50; ++i) {
    Put(RelationKind::kCareTeam, person_, user_);
    ASSERT_TRUE(May());
    ASSERT_TRUE(Revoke(RelationKind::kCareTeam, person_, user_));
    ASSERT_FALSE(May());
  }
  EXPECT_FALSE(Revoke(RelationKind::kCareTeam, person_, user_));  // once is enough
}

TEST_F(RelationsTest, APeriodIsHalfOpen) {
  const absl::Time now = clock_.Now();
  Relation relation = {.key = {organization_, person_, RelationKind::kCareTeam, user_},
                       .valid_from = now,
                       .valid_to = now + absl::Hours(1)};
  Put(relation);
  EXPECT_FALSE(May(organization_, user_, person_, now - absl::Microseconds(1)));
  EXPECT_TRUE(May(organization_, user_, person_, now));
  EXPECT_TRUE(May(organization_, user_, person_, now + absl::Hours(1) - absl::Microseconds(1)));
  EXPECT_FALSE(May(organization_, user_, person_, now + absl::Hours(1)));
  relation.valid_to.reset();
  Put(relation);
  EXPECT_TRUE(May(organization_, user_, person_, now + absl::Hours(1)));
}

TEST_F(RelationsTest, AKindOpensOnlyItsOwnDoor) {
  Put(RelationKind::kMember, person_, user_);
  Put(RelationKind::kLead, person_, user_);
  EXPECT_FALSE(May());
  Put(RelationKind::kCareTeam, population_, user_);
  Put(RelationKind::kMember, person_, population_);
  EXPECT_FALSE(May());
}

TEST_F(RelationsTest, ReadsBackWhatWasPut) {
  const Relation relation = {.key = {organization_, person_, RelationKind::kLead, user_},
                             .valid_from = clock_.Now(),
                             .valid_to = clock_.Now() + absl::Hours(1)};
  Put(relation);
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const std::optional<Relation> found, FindRelation(tx, relation.key, true));
    EXPECT_TRUE(found.has_value());
    EXPECT_EQ(found->valid_from, relation.valid_from);
    EXPECT_EQ(found->valid_to, relation.valid_to);
    EXPECT_FALSE(found->revoke_time.has_value());
    EXPECT_TRUE(found->LiveAt(clock_.Now()));
    EXPECT_FALSE(found->LiveAt(clock_.Now() + absl::Hours(1)));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

// --- against an evaluator that shares no code with the product -------------------------------------------------------

struct Tuple {
  int organization, kind, resource, subject, from, to, revoked;  // hours; to 0: without an end
};

bool Evaluate(const std::vector<Tuple>& world, int organization, int user, int person, int now) {
  const auto live = [&](const Tuple& t) {
    return t.organization == organization && !t.revoked && t.from <= now && (t.to == 0 || now < t.to);
  };
  for (const Tuple& a : world) {
    if (!live(a) || a.resource != person) continue;
    if (a.kind == 1 && a.subject == user) return true;
    if (a.kind != 2) continue;
    for (const Tuple& b : world) {
      if (live(b) && b.kind == 3 && b.resource == a.subject && b.subject == user) return true;
    }
  }
  return false;
}

TEST_F(RelationsTest, AgreesWithAnIndependentEvaluatorOnRandomWorlds) {
  constexpr int kWorlds = 12, kOrganizations = 2, kUsers = 5, kPersons = 8, kPopulations = 4;
  std::uint64_t state = 20260101;
  const auto roll = [&](int bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((state >> 33) % static_cast<std::uint64_t>(bound));
  };
  const absl::Time epoch = clock_.Now();
  int checks = 0, allowed = 0;
  for (int world_number = 0; world_number < kWorlds; ++world_number) {
    std::vector<Id> organizations,
        things;  // users, persons and populations in one numbering, the same for both tenants
    for (int i = 0; i < kOrganizations; ++i) organizations.push_back(NewId());
    for (int i = 0; i < kUsers + kPersons + kPopulations; ++i) things.push_back(NewId());
    const auto user = [&](int i) { return i; };
    const auto person = [&](int i) { return kUsers + i; };
    const auto population = [&](int i) { return kUsers + kPersons + i; };

    std::vector<Tuple> world;
    for (int i = 0; i < 45; ++i) {
      Tuple t = {roll(kOrganizations), 1 + roll(3), 0, 0, roll(6) - 3, 0, roll(5) == 0};
      if (roll(2) == 0) t.to = t.from + 1 + roll(4);
      if (t.to == 0 && roll(4) == 0) t.to = 1;
      t.resource = t.kind == 3 ? population(roll(kPopulations)) : person(roll(kPersons));
      t.subject = t.kind == 2 ? population(roll(kPopulations)) : user(roll(kUsers));
      std::erase_if(world, [&](const Tuple& o) {  // the last word about a relation counts
        return o.organization == t.organization && o.kind == t.kind && o.resource == t.resource &&
               o.subject == t.subject;
      });
      world.push_back(t);
      Relation relation;
      const auto organization = static_cast<std::size_t>(t.organization);
      relation.key = {organizations[organization], things[static_cast<std::size_t>(t.resource)],
                      static_cast<RelationKind>(t.kind), things[static_cast<std::size_t>(t.subject)]};
      relation.valid_from = epoch + absl::Hours(t.from);
      if (t.to != 0) relation.valid_to = epoch + absl::Hours(t.to);
      if (t.revoked) relation.revoke_time = epoch - absl::Hours(1);
      Put(relation);
    }
    for (const Id& organization : organizations) {
      for (int p = 0; p < kPersons; ++p) {
        const Id& id = things[static_cast<std::size_t>(person(p))];
        ASSERT_TRUE(pool()
                        .Transact(Soon(),
                                  [&](db::Session& tx) {
                                    return tx
                                        .Execute("INSERT INTO record (organization_id, person_id) VALUES (?, ?)",
                                                 organization, id)
                                        .status();
                                  })
                        .ok());
      }
    }
    for (int o = 0; o < kOrganizations; ++o) {
      for (int u = 0; u < kUsers; ++u) {
        for (const int hour : {-2, 0, 2}) {
          const absl::Time now = epoch + absl::Hours(hour);
          const Id& organization = organizations[static_cast<std::size_t>(o)];
          const Id& user_id = things[static_cast<std::size_t>(user(u))];
          std::vector<Id> expected;
          for (int p = 0; p < kPersons; ++p) {
            const Id& person_id = things[static_cast<std::size_t>(person(p))];
            const bool may = Evaluate(world, o, user(u), person(p), hour);
            ASSERT_EQ(May(organization, user_id, person_id, now), may) << "world " << world_number;
            if (may) expected.push_back(person_id);
            ++checks;
            allowed += may;
          }
          // What is listed is exactly what may be seen.
          std::sort(expected.begin(), expected.end());
          ASSERT_EQ(ListByCondition(organization, user_id, now), expected);
          ASSERT_EQ(ListByTable(organization, user_id, now), expected);
        }
      }
    }
  }
  std::cout << checks << " checks, " << allowed << " allowed" << std::endl;
  EXPECT_GE(checks, 2000);
  EXPECT_GT(allowed, checks / 10);
  EXPECT_LT(allowed, checks * 9 / 10);
}

// The check must not touch the table's pages of other persons, however many there are.
TEST_F(RelationsTest, TheCheckIsAnsweredFromIndexes) {
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) -> absl::Status {
    for (int i = 0; i < 300; ++i) {
      TRELLIS_RETURN_IF_ERROR(PutRelation(tx, {.key = {organization_, NewId(), RelationKind::kCareTeam, user_}}));
      TRELLIS_RETURN_IF_ERROR(PutRelation(tx, {.key = {organization_, NewId(), RelationKind::kMember, population_}}));
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  Put(RelationKind::kMember, person_, population_);
  Put(RelationKind::kLead, population_, user_);
  std::int64_t before = 0, after = 0;
  const auto rows_read = [](db::Session& session, std::int64_t& out) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                             (session.Query<std::string, std::string>(
                                 "SHOW SESSION STATUS WHERE Variable_name IN "
                                 "('Handler_read_next', 'Handler_read_rnd_next', 'Handler_read_key')")));
    for (const auto& [name, value] : rows) out += std::stoll(value);
    return absl::OkStatus();
  };
  const absl::Status measured = pool().Read(Soon(), [&](db::Session& session) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(rows_read(session, before));
    TRELLIS_ASSIGN_OR_RETURN(const bool may, MaySeePerson(session, organization_, user_, person_, clock_.Now()));
    EXPECT_TRUE(may);
    return rows_read(session, after);
  });
  ASSERT_TRUE(measured.ok()) << measured;
  EXPECT_LT(after - before, 40);
}

}  // namespace
}  // namespace trellis::access
