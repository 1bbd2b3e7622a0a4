// Does the session of this call go on? Asked of every call that shows a token, after the token itself was found good.
#ifndef TRELLIS_COMMON_ACCESS_SESSION_GUARD_H_
#define TRELLIS_COMMON_ACCESS_SESSION_GUARD_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/freshness.h"
#include "common/access/revocations.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/db/pool.h"
#include "common/rpc/call_context.h"

namespace trellis::access {

// Asks identity about the caller of `call`, with the caller's own token. UNAUTHENTICATED where the session is over;
// any other error means that nobody knows.
using AskSession = std::function<absl::Status(rpc::CallContext& call)>;

// Thread-safe. Knows by heart which sessions ended of late, so that a check costs no query: `Refresh` reads them from
// the table twice a second, Remember adds what this process itself has ended. In identity the table is the truth: no
// `ask`, no `freshness`. Elsewhere it is a replica, and while that is stale identity is asked for every call. Where
// identity does not answer, a token is good until it ends by itself (five minutes at most): what must not wait for that
// declares check_session, and everything about a person asks identity anyway (access.h).
class SessionGuard {
 public:
  SessionGuard(db::Pool* pool, const Clock* clock, AskSession ask = nullptr, const Freshness* freshness = nullptr)
      : pool_(pool), clock_(clock), ask_(std::move(ask)), freshness_(freshness) {}

  // UNAUTHENTICATED (SESSION_ENDED) where the caller's session is over.
  absl::Status Check(rpc::CallContext& call);
  // The same from where the truth is: no replica, no memory. UNAVAILABLE (SESSION_UNKNOWN) where it does not answer.
  absl::Status CheckTruth(rpc::CallContext& call);

  // What has ended must have been committed.
  void Remember(const std::vector<Revocation>& revocations);
  absl::Status Refresh(absl::Time deadline);
  absl::Status Purge(absl::Time deadline);

  std::size_t size() const;

 private:
  struct Entry {
    absl::Time issued_before = absl::InfiniteFuture();  // infinite: of one session
    absl::Time forget;
  };

  bool KnowsEnded(const rpc::Caller& caller) const;
  bool IsStale() const;
  absl::Status AskWhileStale(rpc::CallContext& call);

  db::Pool* const pool_;
  const Clock* const clock_;
  const AskSession ask_;
  const Freshness* const freshness_;

  mutable std::shared_mutex mutex_;
  absl::flat_hash_map<Id, Entry> ended_;           // guarded by mutex_; by session, or by user for all of theirs
  std::atomic<std::int64_t> refreshed_micros_{0};  // by the machine's clock; 0: never
  std::atomic<std::int64_t> ask_again_micros_{0};  // by the machine's clock
};

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_SESSION_GUARD_H_
