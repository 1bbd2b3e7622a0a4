// Holds inside a transaction: finding one for a caller, moving it along, and giving back those whose time has come.
#ifndef TRELLIS_SERVICES_DIRECTORY_API_HOLDING_H_
#define TRELLIS_SERVICES_DIRECTORY_API_HOLDING_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/caller.h"
#include "common/runtime/write.h"
#include "services/directory/storage/holds.h"

namespace trellis::directory {

// Whether the caller is on the staff of the organization that manages the provider of the hold's service.
bool IsManagersStaff(const rpc::Caller& caller, const StoredHold& hold);

// The hold, where the caller's organization holds it, or where the caller is on the staff of the organization that
// manages the provider. Error: NOT_FOUND for everybody else.
absl::StatusOr<StoredHold> VisibleHold(db::Session& session, const rpc::Caller& caller, const Id& id,
                                       absl::string_view name);

// The same, locked together with its service's places, and checked against the etag ("": any).
absl::StatusOr<StoredHold> LockVisibleHold(db::Session& session, const rpc::Caller& caller, const Id& id,
                                           absl::string_view name, absl::string_view etag);

// Writes the new state of a locked hold, moves its place and tells the followers. The same state: does nothing.
absl::Status MoveHold(runtime::WriteUnit& unit, StoredHold& hold, HoldState next);

// Expires holds of a service whose time has come; its capacity row is locked. Returns how many.
absl::StatusOr<int> ExpireOverdueHolds(runtime::WriteUnit& unit, const Id& service);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_HOLDING_H_
