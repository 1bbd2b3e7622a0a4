// A person who was erased in identity is erased in every service: the key goes that everything personal is sealed with.
#ifndef TRELLIS_COMMON_RUNTIME_ERASURE_H_
#define TRELLIS_COMMON_RUNTIME_ERASURE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/db/pool.h"
#include "common/db/session.h"
#include "common/seal/sealer.h"
#include "trellis/events/v1/events.pb.h"

namespace trellis::runtime {

// For followers of identity: destroys the person's key where the event tells of an erasure. Other events: nothing.
absl::Status ApplyErasure(seal::Sealer& sealer, db::Session& tx, const events::v1::Event& event);

// A restored backup brings keys back that were destroyed since; the key ring remembers them. Destroys them again.
absl::Status DestroyAgain(seal::Sealer& sealer, db::Pool& pool, absl::Time deadline);

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_ERASURE_H_
