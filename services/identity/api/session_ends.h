// Ending sessions before their time: what signing out, an administrator, a changed account and a stolen token have in
// common.
#ifndef TRELLIS_SERVICES_IDENTITY_API_SESSION_ENDS_H_
#define TRELLIS_SERVICES_IDENTITY_API_SESSION_ENDS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/access/revocations.h"
#include "common/base/id.h"
#include "common/runtime/write.h"
#include "services/identity/domain/session_rules.h"

namespace trellis::identity {

// What has ended: how many sessions, and what SessionGuard::Remember is told once the change is committed.
struct Ended {
  int sessions = 0;
  std::vector<access::Revocation> revocations = {};
};

// Ends these sessions of the user, in the unit's transaction: their access tokens are refused from then on, and
// followers are told (SessionsEnded).
absl::StatusOr<Ended> EndSessions(runtime::WriteUnit& unit, const Id& user, const std::vector<Id>& sessions,
                                  EndReason reason);

// Ends all sessions of the user but `keep`, and, where nothing is kept, has every token refused that was issued before.
// The caller holds the lock of the user's row, so that no session begins meanwhile.
absl::StatusOr<Ended> EndAllSessions(runtime::WriteUnit& unit, const Id& user, EndReason reason,
                                     std::optional<Id> keep = std::nullopt);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SESSION_ENDS_H_
