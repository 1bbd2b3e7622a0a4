// What the pool tells about itself. This library knows no metrics library: whoever wants figures overrides what it
// needs.
#ifndef TRELLIS_COMMON_DB_POOL_METRICS_H_
#define TRELLIS_COMMON_DB_POOL_METRICS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace trellis::db {

struct PoolState {
  int open = 0;     // connections that exist
  int in_use = 0;   // of these, lent to somebody (or being opened)
  int waiting = 0;  // callers that wait for one
};

// Called from many threads, never under a lock of the pool: implementations are thread-safe and quick.
class PoolMetrics {
 public:
  virtual ~PoolMetrics() = default;
  virtual void OnState(const PoolState&) {}
  virtual void OnWait(absl::Duration) {}  // how long a caller waited for a connection
  virtual void OnConnect(bool /*ok*/, absl::Duration) {}
  virtual void OnTransaction(const absl::Status&, absl::Duration) {}  // whole, with all its tries
  virtual void OnRetry(int /*database_errno*/) {}  // a transaction is run again; 0: the answer to its COMMIT was lost
  // A statement failed for a reason that is not part of normal work. The text holds no values, so it may be logged.
  virtual void OnStatementError(int /*database_errno*/, absl::string_view /*sql*/) {}
};

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_POOL_METRICS_H_
