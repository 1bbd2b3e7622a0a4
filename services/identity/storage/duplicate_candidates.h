// Who may be the same human being as somebody: ids out of table person_search, a bounded number of them.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_DUPLICATE_CANDIDATES_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_DUPLICATE_CANDIDATES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/identity/storage/persons.h"

namespace trellis::identity::storage {

inline constexpr int kMostCandidatesByDate = 50;
inline constexpr int kMostCandidatesByName = 25;

// Persons of the organization, whoever may see them, who have one of `birth_dates` and one of `names`.
absl::StatusOr<std::vector<Id>> FindByDateAndName(db::Session& session, const Id& organization,
                                                  const WantedKeys& birth_dates, const WantedKeys& names);
// Persons who have at least `fewest` of `names`, those with most first. Where names are so frequent that thousands have
// one of them, only the first two thousand are looked at: the cost stays the same.
absl::StatusOr<std::vector<Id>> FindBySeveralNames(db::Session& session, const Id& organization,
                                                   const WantedKeys& names, int fewest);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_DUPLICATE_CANDIDATES_H_
