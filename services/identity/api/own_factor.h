// The caller's own second factor, before what opens accounts or cannot be undone.
#ifndef TRELLIS_SERVICES_IDENTITY_API_OWN_FACTOR_H_
#define TRELLIS_SERVICES_IDENTITY_API_OWN_FACTOR_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/caller.h"
#include "common/runtime/runtime.h"

namespace trellis::identity {

// Whoever has found a session that was left open, or only the password, must not get further with it. Error:
// PERMISSION_DENIED SECOND_FACTOR_REQUIRED where the caller has not shown a second factor within the last five minutes.
absl::Status RequireFreshFactor(const rpc::Caller& caller, absl::Time now);

// The same for callers who have a second factor; the others go on without.
absl::Status RequireOwnFactor(runtime::WriteUnit& unit, const rpc::Caller& caller);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_OWN_FACTOR_H_
