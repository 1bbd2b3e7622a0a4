// Rows of population and population_member, and what the replica of the access relations says about leads.
#ifndef TRELLIS_SERVICES_CASELOAD_STORAGE_POPULATIONS_H_
#define TRELLIS_SERVICES_CASELOAD_STORAGE_POPULATIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::caseload {

struct PopulationRecord {
  Id id;
  std::string display_name;
  int kind = 0;  // Population.Kind
  std::string description;
  std::int64_t member_count = 0;
  std::int64_t version = 1;
  absl::Time create_time;
  absl::Time update_time;
};

struct MemberRecord {
  Id person;
  absl::Time add_time;
};

absl::Status InsertPopulation(db::Session& tx, const Id& organization, const PopulationRecord& population);
absl::StatusOr<std::optional<PopulationRecord>> FindPopulation(db::Session& session, const Id& organization,
                                                               const Id& id);
// Those of `user`'s live lead relations, oldest first, after `after` (the nil id: from the first).
absl::StatusOr<std::vector<PopulationRecord>> ListLedPopulations(db::Session& session, const Id& organization,
                                                                 const Id& user, absl::Time now, const Id& after,
                                                                 int limit);
// The populations that `user` leads now, at most 1,000.
absl::StatusOr<std::vector<Id>> LedPopulationIds(db::Session& session, const Id& organization, const Id& user,
                                                 absl::Time now);

// Both are no-ops for a population that is not known here, and where nothing is to change. They keep member_count.
absl::Status PutMember(db::Session& tx, const Id& organization, const Id& population, const Id& person, absl::Time now);
absl::Status DropMember(db::Session& tx, const Id& organization, const Id& population, const Id& person,
                        absl::Time now);
absl::StatusOr<std::optional<MemberRecord>> FindMember(db::Session& session, const Id& organization,
                                                       const Id& population, const Id& person);
// Those who were members just before `end`, as far as the replica of the access relations knows: of somebody who left
// and came back it knows the return alone. In the order of their ids.
absl::StatusOr<std::vector<Id>> MembersBefore(db::Session& session, const Id& organization, const Id& population,
                                              absl::Time end, int limit);
// In the order of the persons' ids, after `after`.
absl::StatusOr<std::vector<MemberRecord>> ListMembers(db::Session& session, const Id& organization,
                                                      const Id& population, const Id& after, int limit);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_STORAGE_POPULATIONS_H_
