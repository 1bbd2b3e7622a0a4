// The rows of session_revocation. The same in identity, where they are the truth, and in the other services, where they
// are a replica.
#ifndef TRELLIS_COMMON_ACCESS_REVOCATIONS_H_
#define TRELLIS_COMMON_ACCESS_REVOCATIONS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/rpc/caller.h"

namespace trellis::access {

struct Revocation {
  Id organization;
  Id user;
  Id session;                               // nil: all sessions of the user
  std::optional<absl::Time> issued_before;  // of a nil session: what was issued before is refused
};

// Repeating it changes nothing; of two times the later one counts.
absl::Status PutRevocation(db::Session& tx, const Revocation& revocation);

// Whether the caller's token is refused. One statement, by primary key.
absl::StatusOr<bool> IsRevoked(db::Session& session, const rpc::Caller& caller);

// Those written within the last `age`, by the database's clock.
absl::StatusOr<std::vector<Revocation>> LoadRevocations(db::Session& session, absl::Duration age);

// Deletes what was written longer ago than `age`; at most 1,000.
absl::Status PurgeRevocations(db::Session& tx, absl::Duration age);

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_REVOCATIONS_H_
