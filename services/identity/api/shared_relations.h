// Records that were merged are seen by the same people: what a merge does to relations, and how it is taken back.
#ifndef TRELLIS_SERVICES_IDENTITY_API_SHARED_RELATIONS_H_
#define TRELLIS_SERVICES_IDENTITY_API_SHARED_RELATIONS_H_

#include <vector>

#include "absl/status/status.h"
#include "common/base/id.h"
#include "common/runtime/runtime.h"
#include "services/identity/domain/relation_rules.h"

namespace trellis::identity {

// Brings the relations to these persons in line with each other: whoever has a live relation to one gets it to all of
// them, with an event for each that changes. What stood there before is remembered, and counts as the truth when this
// is called again: for a smaller group, what only the others had given is taken back; for one person, all of it.
// `group`: all records of one human being, locked (storage::LockMergeGroup).
absl::Status ShareRelations(runtime::WriteUnit& unit, const std::vector<Id>& group);

// After somebody granted `relation` to one of the group: as above, for this relation. What was granted is no longer the
// merge's to take back.
absl::Status ShareGranted(runtime::WriteUnit& unit, const std::vector<Id>& group, const Relation& relation);
// After somebody revoked `relation` to one of the group: revokes it to all of them, for good.
absl::Status RevokeShared(runtime::WriteUnit& unit, const std::vector<Id>& group, const Relation& relation);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SHARED_RELATIONS_H_
