// The connections of one process to one schema.
#ifndef TRELLIS_COMMON_DB_POOL_H_
#define TRELLIS_COMMON_DB_POOL_H_

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/pool_metrics.h"
#include "common/db/session.h"
#include "common/db/settings.h"

namespace trellis::db {

class Connection;
class Loan;

struct TransactOptions {
  // The body begins by claiming an idempotency record (idempotency.h). When the answer to COMMIT is lost, nobody knows
  // whether the change was made; such a body may be run again, because its claim then finds the record of the first
  // run.
  bool repeatable_after_unknown_commit = false;
};

// Thread-safe. A connection is lent to one thread at a time; whoever waits longest is served first.
// Errors of Read and Transact, besides those of the body and of Session:
//   RESOURCE_EXHAUSTED  DATABASE_BUSY: no connection became free within max_wait
//   DEADLINE_EXCEEDED   the deadline came before a connection was free, or before the work was done
//   UNAVAILABLE         DATABASE_UNAVAILABLE: no connection can be made
//   UNAVAILABLE         COMMIT_UNKNOWN: the change may or may not have been made
//   ABORTED             TRANSACTION_CONFLICT: still in conflict with others after the last try
class Pool {
 public:
  // Fails only on settings that can never work (INVALID_ARGUMENT); a server that is not there yet is no failure.
  // metrics may be null and outlives the pool.
  static absl::StatusOr<std::unique_ptr<Pool>> Open(Settings settings, PoolOptions options, PoolMetrics* metrics);
  ~Pool();  // no call may be running
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Runs body once on one connection without a transaction, for reads. A query that finds its connection dead is sent
  // again on a new one.
  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body);

  // Runs body in a transaction and commits when it returns OK, otherwise rolls back and returns its error. After a
  // conflict with another transaction the whole body is run again, so it has no effects outside the database.
  absl::Status Transact(absl::Time deadline, TransactOptions options, absl::FunctionRef<absl::Status(Session&)> body);
  absl::Status Transact(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) {
    return Transact(deadline, TransactOptions(), body);
  }

  // One round trip to the server; for readiness, off the path of requests.
  absl::Status Ping(absl::Time deadline);

  // Like Read, on a connection of its own beside the pool with another bound for a statement. For migrations.
  absl::Status ReadUnpooled(absl::Time deadline, absl::Duration statement_limit,
                            absl::FunctionRef<absl::Status(Session&)> body);

  // Closes the connections that are not in use; those in use are closed on return. Later calls fail with UNAVAILABLE.
  void Close();

  PoolState state() const;
  const Settings& settings() const { return settings_; }

 private:
  friend class Loan;
  struct Waiter;

  Pool(Settings settings, PoolOptions options, PoolMetrics* metrics);

  void WarmUp();
  // A permit is the right to have one connection open; it comes with an idle connection where there is one.
  absl::StatusOr<std::unique_ptr<Connection>> Acquire(absl::Time deadline);
  absl::StatusOr<std::unique_ptr<Connection>> ReadyConnection(std::unique_ptr<Connection> idle, absl::Time deadline);
  absl::StatusOr<std::unique_ptr<Connection>> Connect(absl::Time deadline, absl::Duration statement_limit);
  // Gives the permit back; with the connection, where it can be used again.
  void Release(std::unique_ptr<Connection> connection, bool lost);
  bool IsFresh(const Connection& connection) const;
  PoolState StateLocked() const;
  void ReportState();

  struct Attempt;
  Attempt TryTransaction(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body);
  Attempt Commit(Loan& loan, absl::Time deadline);

  const Settings settings_;
  const PoolOptions options_;
  PoolMetrics& metrics_;

  // std::mutex and not absl::Mutex: the packaged Abseil hides its locks from ThreadSanitizer.
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_; the last one was used last
  std::list<Waiter*> waiters_;                     // guarded by mutex_; first come, first served
  int permits_;                                    // guarded by mutex_; how many more may be lent
  absl::Time last_loss_ = absl::InfinitePast();    // guarded by mutex_; idle since before: checked before use
  bool closed_ = false;                            // guarded by mutex_
};

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_POOL_H_
