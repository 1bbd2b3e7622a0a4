// A named right that one holder has at a time, kept in a row of the schema. It runs out by the clock of the database;
// its number grows with every new holder, so that work of a former holder can be told apart (fencing).
#ifndef TRELLIS_COMMON_DB_LEASE_H_
#define TRELLIS_COMMON_DB_LEASE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::db {

// Creates the lease table where it is missing. Called by Migrate.
absl::Status CreateLeaseTable(Session& session);

// Takes a lease that is free, run out or already ours, until `term` from now. Returns its fencing number, or nothing
// when somebody else holds it. name: at most 64 bytes; holder: a new id for each process.
absl::StatusOr<std::optional<std::int64_t>> AcquireLease(Session& session, absl::string_view name, const Id& holder,
                                                         absl::Duration term);

// False: the lease is lost (it ran out and another holder took it).
absl::StatusOr<bool> RenewLease(Session& session, absl::string_view name, const Id& holder, std::int64_t fence,
                                absl::Duration term);
// Inside a transaction: locks the row until its end and tells whether the lease is still held.
absl::StatusOr<bool> CheckLease(Session& session, absl::string_view name, const Id& holder, std::int64_t fence);
absl::Status ReleaseLease(Session& session, absl::string_view name, const Id& holder, std::int64_t fence);

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_LEASE_H_
