// A request that changes something is done once, however often it is sent. Its record is written in the transaction of
// the change: first thing the claim, last thing the response.
#ifndef TRELLIS_COMMON_DB_IDEMPOTENCY_H_
#define TRELLIS_COMMON_DB_IDEMPOTENCY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/pool.h"
#include "common/db/session.h"

namespace trellis::db {

struct IdempotencyKey {
  Id organization;
  Id principal;        // the user, or the id that stands for a service
  std::string method;  // full name of the RPC, at most 128 bytes
  Id request_id;
  std::string request_hash;  // SHA-256 of the request, at most 32 bytes
};

// First statement of the transaction. Nothing: the request is new, go on and Store its response. Otherwise the response
// that was stored for it: return that and change nothing, but commit: only then is it certain that no crash undoes the
// former request. While another transaction holds the same claim, waits for its end. Errors: FAILED_PRECONDITION
// REQUEST_ID_REUSED when the id was used for another request, and those of Session.
absl::StatusOr<std::optional<std::string>> Claim(Session& session, const IdempotencyKey& key, absl::Time now);

// Puts the response into the claimed record. response: at most 16 MiB.
absl::Status Store(Session& session, const IdempotencyKey& key, absl::string_view response);

// Deletes records made before `before`, oldest first, in transactions of at most `chunk` rows, until none is left or
// the deadline comes (which is no error). Returns how many.
absl::StatusOr<std::int64_t> PurgeIdempotency(Pool& pool, absl::Time deadline, absl::Time before, int chunk = 500);

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_IDEMPOTENCY_H_
