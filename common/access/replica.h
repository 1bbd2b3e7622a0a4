// Keeps this service's copy of the access relations and of the sessions that ended in step with identity.
#ifndef TRELLIS_COMMON_ACCESS_REPLICA_H_
#define TRELLIS_COMMON_ACCESS_REPLICA_H_

#include "absl/status/status.h"
#include "common/db/session.h"
#include "trellis/events/v1/events.pb.h"

namespace trellis::access {

// Applies one event of identity's feed: RelationGranted, RelationRevoked, SessionsEnded; OK for all others. A
// feed::Handler.
absl::Status ApplyAccessEvent(db::Session& tx, const events::v1::Event& event);

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_REPLICA_H_
