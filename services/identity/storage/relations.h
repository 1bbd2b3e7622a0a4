// Lists over table access_relation, which in identity is the truth. Single relations: common/access/relations.h.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_RELATIONS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_RELATIONS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/relations.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/identity/domain/relation_rules.h"

namespace trellis::identity::storage {

struct RelationRow {
  Relation relation;
  absl::Time start_time;
  std::optional<absl::Time> end_time;
};

// A place in a list: behind this kind and this id at the other end.
struct RelationCursor {
  int kind = 0;
  Id other;
};

// Relations that are live or will be, neither revoked nor over. `first_kind`, `second_kind`: which kinds (may be
// equal).
absl::StatusOr<std::vector<RelationRow>> ListByResource(db::Session& session, const Id& organization,
                                                        const Id& resource, RelationKind first_kind,
                                                        RelationKind second_kind, absl::Time now,
                                                        const RelationCursor& after, int limit);
absl::StatusOr<std::vector<RelationRow>> ListBySubject(db::Session& session, const Id& organization, const Id& subject,
                                                       RelationKind first_kind, RelationKind second_kind,
                                                       absl::Time now, const RelationCursor& after, int limit);

// How many relations lead the user to persons, over or not; counts no further than `most` of each kind.
absl::StatusOr<int> CountPersonsOf(db::Session& session, const Id& organization, const Id& user, int most);

// Until when the user may see the person by the relations that are live now and last longest: the care team, or a
// population that the user leads until its lead or the membership ends. InfiniteFuture: without an end. InfinitePast:
// the user may not see the person.
absl::StatusOr<absl::Time> SeesPersonUntil(db::Session& session, const Id& organization, const Id& user,
                                           const Id& person, absl::Time now);
// The same of the user's lead of a population.
absl::StatusOr<absl::Time> LeadsPopulationUntil(db::Session& session, const Id& organization, const Id& user,
                                                const Id& population, absl::Time now);

// --- what merging persons does to relations: table shared_relation
// What stood in the place of a relation before a merge wrote there; nothing: there was none.
struct SharedBase {
  std::optional<access::Relation> relation;
};
absl::StatusOr<std::optional<SharedBase>> FindShared(db::Session& tx, const access::RelationKey& key);
absl::Status InsertShared(db::Session& tx, const access::RelationKey& key, const std::optional<access::Relation>& base);
absl::Status DeleteShared(db::Session& tx, const access::RelationKey& key);
absl::Status DeleteAllShared(db::Session& tx, const Id& organization, const Id& resource);
// Kind and subject of what merges wrote for the resource, behind `after`.
absl::StatusOr<std::vector<RelationCursor>> ListShared(db::Session& tx, const Id& organization, const Id& resource,
                                                       const RelationCursor& after, int limit);
// As if the relation had never been.
absl::Status DeleteRelation(db::Session& tx, const access::RelationKey& key);

// Whether a population ever had a lead or a member.
absl::StatusOr<bool> PopulationIsKnown(db::Session& session, const Id& organization, const Id& population);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_RELATIONS_H_
