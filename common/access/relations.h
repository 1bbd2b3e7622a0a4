// The rows of access_relation and the one question asked of them. The same in identity, where they are the truth, and
// in the other services, where they are a replica.
#ifndef TRELLIS_COMMON_ACCESS_RELATIONS_H_
#define TRELLIS_COMMON_ACCESS_RELATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/db/value.h"

namespace trellis::access {

// Also the values in the database.
enum class RelationKind {
  kCareTeam = 1,   // resource: person, subject: user
  kMember = 2,     // resource: person, subject: population
  kLead = 3,       // resource: population, subject: user
  kEmergency = 4,  // resource: person, subject: user; opens reads alone, and no list
};

// No emergency lasts longer. A row that claims more, or no end at all, opens nothing.
inline constexpr absl::Duration kLongestEmergency = absl::Minutes(60);

struct RelationKey {
  Id organization;
  Id resource;
  RelationKind kind = RelationKind::kCareTeam;
  Id subject;
};

struct Relation {
  RelationKey key;
  absl::Time valid_from = absl::UnixEpoch();
  std::optional<absl::Time> valid_to = std::nullopt;     // nothing: without an end
  std::optional<absl::Time> revoke_time = std::nullopt;  // set: dead, whatever the other times say
  bool LiveAt(absl::Time now) const {
    return !revoke_time.has_value() && valid_from <= now && (!valid_to.has_value() || now < *valid_to);
  }
};

// Makes the relation, or gives an existing one a new period and life.
absl::Status PutRelation(db::Session& tx, const Relation& relation);
// False where there is no such relation or it was revoked before.
absl::StatusOr<bool> RevokeRelation(db::Session& tx, const RelationKey& key, absl::Time revoke_time);
// FindRelation locks the row until the end of the transaction when the session is in one and `lock` is set.
absl::StatusOr<std::optional<Relation>> FindRelation(db::Session& session, const RelationKey& key, bool lock = false);

// May `user` see `person` now? A live care-team row, or else, in a second statement, membership in a population that the
// user leads: most of those who ask are in the care team. An emergency does not count.
absl::StatusOr<bool> MaySeePerson(db::Session& session, const Id& organization, const Id& user, const Id& person,
                                  absl::Time now);
// Has `user` emergency access to `person` now? For Access, which knows what it opens.
absl::StatusOr<bool> HasEmergency(db::Session& session, const Id& organization, const Id& user, const Id& person,
                                  absl::Time now);

// A piece of SQL and the arguments for its markers, in order.
struct SqlPart {
  std::string sql;
  std::vector<db::Value> arguments;
};

// For lists that are sorted by something else than the person and of which the user may see a good part (a worklist):
// a condition on `person_column` ("c.person_id", a constant in code, never input). Costs two index look-ups a row.
//   "SELECT ... FROM case_record c WHERE c.organization_id = ? AND " + part.sql + " ORDER BY ... LIMIT ?"
SqlPart AllowedPersonCondition(absl::string_view person_column, const Id& organization, const Id& user, absl::Time now);

// For lists that go from the user's persons to their records: a derived table with one column person_id, each person
// once, to be joined:  "... FROM " + part.sql + " allowed JOIN case_record c ON c.person_id = allowed.person_id ..."
SqlPart AllowedPersonsTable(const Id& organization, const Id& user, absl::Time now);

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_RELATIONS_H_
