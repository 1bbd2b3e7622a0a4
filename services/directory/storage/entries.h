// Providers and locations: reading, listing, linking, and the writing that an import does.
#ifndef TRELLIS_SERVICES_DIRECTORY_STORAGE_ENTRIES_H_
#define TRELLIS_SERVICES_DIRECTORY_STORAGE_ENTRIES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/session.h"
#include "services/directory/domain/model.h"

namespace trellis::directory {

struct Stamp {
  std::int64_t version = 0;  // the etag: counts the changes
  absl::Time create_time;
  absl::Time update_time;
};

struct StoredProvider {
  Provider provider;
  Id managing_organization;  // nil: nobody
  Stamp stamp;
};

struct StoredLocation {
  Location location;
  Stamp stamp;
};

// Where a page of a list by display name begins: after this entry. The default value is before all.
struct NameCursor {
  std::string display_name;
  Id id;
};

absl::StatusOr<std::optional<StoredProvider>> FindProvider(db::Session& session, const Id& id);
// managing_organization nil: of all of them.
absl::StatusOr<std::vector<StoredProvider>> ListProviders(db::Session& session, const Id& managing_organization,
                                                          const NameCursor& after, int limit);
absl::StatusOr<std::optional<StoredLocation>> FindLocation(db::Session& session, const Id& id);
absl::StatusOr<std::vector<StoredLocation>> ListLocations(db::Session& session, const NameCursor& after, int limit);

// False: no such provider, or its version is another one. version 0: any.
absl::StatusOr<bool> SetManagingOrganization(db::Session& session, const Id& provider, const Id& organization,
                                             std::int64_t version, absl::Time now);

// What writing did with an entry.
enum class Change { kCreated, kUpdated, kUnchanged };

// Writes entries that are new or whose document has changed; one answer for each. At most a few hundred at a time.
absl::StatusOr<std::vector<Change>> PutProviders(db::Session& session, const std::vector<Provider>& providers,
                                                 absl::Time now);
// A changed position is carried over to the services there.
absl::StatusOr<std::vector<Change>> PutLocations(db::Session& session, const std::vector<Location>& locations,
                                                 absl::Time now);

// Those of `ids` that exist.
absl::StatusOr<absl::flat_hash_set<Id>> ExistingProviders(db::Session& session, const std::vector<Id>& ids);
absl::StatusOr<absl::flat_hash_set<Id>> ExistingLocations(db::Session& session, const std::vector<Id>& ids);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_STORAGE_ENTRIES_H_
