// Random worlds: whoever may see whom, by a rule written down here a second time. A check, the same check from memory,
// and both ways to list agree with it, in every tenant and at every time.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/access/access.h"
#include "tests/unit/common/access/access_fixture.h"

namespace trellis::access {
namespace {

constexpr int kWorlds = 60;

class DecisionTest : public RelationTest {
 protected:
  // Few of each, and the same in every tenant, so that they meet.
  void MakeWorld() {
    tenants_ = {NewId(), NewId(), NewId()};
    users_ = Several(6);
    persons_ = Several(8);
    populations_ = Several(4);
    relations_.clear();
    for (int i = 0; i < 60; ++i) {
      Relation relation;
      relation.key.organization = Any(tenants_);
      relation.key.kind = static_cast<RelationKind>(1 + random_() % 4);
      relation.key.resource = relation.key.kind == RelationKind::kLead ? Any(populations_) : Any(persons_);
      relation.key.subject = relation.key.kind == RelationKind::kMember ? Any(populations_) : Any(users_);
      relation.valid_from = clock_.Now() + Minutes(-20, 10);
      if (random_() % 3 == 0) relation.valid_to = relation.valid_from + Minutes(1, 30);
      if (relation.key.kind == RelationKind::kEmergency && random_() % 3 > 0) {
        relation.valid_to = relation.valid_from + Minutes(1, 90);  // some longer than they may be
      }
      if (random_() % 5 == 0) relation.revoke_time = clock_.Now();
      if (Known(relation.key)) continue;
      relations_.push_back(relation);
      Put(relation);
    }
  }

  // The rule, without SQL.
  bool Sees(const Id& tenant, const Id& user, const Id& person) const {
    for (const Relation& a : relations_) {
      if (a.key.organization != tenant || a.key.resource != person || !Holds(a)) continue;
      if (a.key.kind == RelationKind::kCareTeam && a.key.subject == user) return true;
      if (a.key.kind != RelationKind::kMember) continue;
      for (const Relation& b : relations_) {
        const bool leads = b.key.organization == tenant && b.key.kind == RelationKind::kLead &&
                           b.key.resource == a.key.subject && b.key.subject == user;
        if (leads && Holds(b)) return true;
      }
    }
    return false;
  }

  bool SeesInEmergency(const Id& tenant, const Id& user, const Id& person) const {
    return std::any_of(relations_.begin(), relations_.end(), [&](const Relation& a) {
      return a.key.organization == tenant && a.key.resource == person && a.key.subject == user &&
             a.key.kind == RelationKind::kEmergency && Holds(a) && a.valid_to.has_value() &&
             *a.valid_to <= a.valid_from + absl::Hours(1);
    });
  }

  void CompareAll() {
    for (const Id& tenant : tenants_) {
      for (const Id& user : users_) {
        TestCall call(UserOf(tenant, user)), change(UserOf(tenant, user), {}, TestCall::Kind::kChange);
        std::set<Id> seen;
        for (const Id& person : persons_) {
          const bool related = Sees(tenant, user, person);
          if (related) seen.insert(person);
          const bool emergency = !related && SeesInEmergency(tenant, user, person);
          for (int again = 0; again < 2; ++again) {
            for (Access* const access : {&remembering_, &forgetting_, &alone_}) {
              (*call).audit().purpose.clear();
              EXPECT_EQ(*access->CheckPerson(*call, person), related || emergency);
              EXPECT_EQ((*call).audit().purpose, emergency ? "BTG" : "");
              EXPECT_EQ(*access->CheckPerson(*change, person), related);
              checks_ += 2;
            }
          }
          emergencies_ += emergency ? 1 : 0;
        }
        EXPECT_EQ(ListedByCondition(*call), seen);
        EXPECT_EQ(ListedByTable(*call), seen);
      }
    }
  }

  int checks_ = 0;
  int emergencies_ = 0;
  std::mt19937_64 random_;

 private:
  std::vector<Id> Several(int count) {
    std::vector<Id> ids;
    for (int i = 0; i < count; ++i) ids.push_back(NewId());
    return ids;
  }
  const Id& Any(const std::vector<Id>& ids) { return ids[random_() % ids.size()]; }
  // Never at a moment that is asked about: those lie half a minute beside.
  absl::Duration Minutes(int least, int most) {
    return absl::Minutes(least + static_cast<int>(random_() % static_cast<unsigned>(most - least + 1)));
  }
  bool Known(const RelationKey& key) const {
    for (const Relation& a : relations_) {
      if (a.key.organization == key.organization && a.key.kind == key.kind && a.key.resource == key.resource &&
          a.key.subject == key.subject) {
        return true;
      }
    }
    return false;
  }
  bool Holds(const Relation& relation) const {
    if (relation.revoke_time.has_value()) return false;
    if (relation.valid_from > clock_.Now()) return false;
    return !relation.valid_to.has_value() || clock_.Now() < *relation.valid_to;
  }

  std::set<Id> Listed(const std::string& sql, const std::vector<db::Value>& arguments) {
    std::set<Id> ids;
    const absl::Status status = pool().Read(Soon(), [&](db::Session& session) -> absl::Status {
      const auto rows = session.Query<Id>(sql, arguments);
      if (!rows.ok()) return rows.status();
      for (const auto& [id] : *rows) ids.insert(id);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return ids;
  }
  std::set<Id> ListedByCondition(rpc::CallContext& call) {
    const SqlPart part = *remembering_.AllowedPersonCondition(call, "r.resource_id");
    std::vector<db::Value> arguments = {db::Value(call.caller().organization)};
    arguments.insert(arguments.end(), part.arguments.begin(), part.arguments.end());
    return Listed(absl::StrCat("SELECT DISTINCT r.resource_id FROM access_relation r WHERE r.organization_id = ? AND ",
                               part.sql, " LIMIT 1000"),
                  arguments);
  }
  std::set<Id> ListedByTable(rpc::CallContext& call) {
    const SqlPart part = *remembering_.AllowedPersonsTable(call);
    return Listed(absl::StrCat("SELECT allowed.person_id FROM ", part.sql, " allowed LIMIT 1000"), part.arguments);
  }

  absl::StatusOr<Sight> Truth(rpc::CallContext& call, const Id& person) {
    const rpc::Caller& caller = call.caller();
    if (Sees(caller.organization, caller.user, person)) return Sight::kRelation;
    return SeesInEmergency(caller.organization, caller.user, person) ? Sight::kEmergency : Sight::kNone;
  }

  std::vector<Id> tenants_, users_, persons_, populations_;
  std::vector<Relation> relations_;
  const AskIdentity ask_ = [this](rpc::CallContext& call, const Id& person) { return Truth(call, person); };
  Access alone_{&pool(), &clock_};  // the table only, as in identity
  Access remembering_{&pool(), &clock_, ask_};
  Access forgetting_{&pool(), &clock_, ask_, nullptr, {.remember_denial = absl::ZeroDuration()}};
};

TEST_F(DecisionTest, ChecksMemoryAndListsAgreeInRandomWorlds) {
  const char* const given = std::getenv("TRELLIS_ACCESS_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  random_.seed(seed);
  for (int i = 0; i < kWorlds && !HasFailure(); ++i) {
    MakeWorld();
    clock_.Advance(absl::Seconds(30));
    CompareAll();
    clock_.Advance(absl::Minutes(7));  // some begin, some end
    CompareAll();
    clock_.Advance(absl::Seconds(30));
  }
  EXPECT_GT(emergencies_, kWorlds);
  std::cout << "  " << checks_ << " checks in " << kWorlds << " worlds, TRELLIS_ACCESS_SEED=" << seed << "\n";
}

}  // namespace
}  // namespace trellis::access
