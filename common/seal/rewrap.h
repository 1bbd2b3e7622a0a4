// Changing the master key: after the ring has a new current key, every data key is wrapped anew. No value is touched.
#ifndef TRELLIS_COMMON_SEAL_REWRAP_H_
#define TRELLIS_COMMON_SEAL_REWRAP_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/pool.h"
#include "common/seal/key_ring.h"

namespace trellis::seal {

// Wraps every live data key of the schema with the ring's current master key, 200 in a transaction; returns how many it
// wrapped. May be stopped at any point and begun again, run beside a serving service, and beside itself.
// Errors: FAILED_PRECONDITION MASTER_KEY_MISSING where keys are left whose master key the ring does not hold;
// DEADLINE_EXCEEDED; those of KeyRing and Pool.
absl::StatusOr<std::int64_t> Rewrap(db::Pool& pool, KeyRing& ring, absl::Time deadline);

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_REWRAP_H_
