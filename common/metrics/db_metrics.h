// trellis_db_*: the connection pool and its transactions.
#ifndef TRELLIS_COMMON_METRICS_DB_METRICS_H_
#define TRELLIS_COMMON_METRICS_DB_METRICS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"

namespace trellis::metrics {

// Thread-safe.
class DbMetrics {
 public:
  explicit DbMetrics(Registry* registry);

  // trellis_db_pool_size: connections open, idle or in use.
  Gauge& pool_size() { return pool_size_; }
  // trellis_db_pool_in_use: connections lent out.
  Gauge& pool_in_use() { return pool_in_use_; }
  // trellis_db_pool_waiting: callers waiting for a connection.
  Gauge& pool_waiting() { return pool_waiting_; }

  // trellis_db_pool_wait_seconds: from asking for a connection to having one (or giving up).
  void Waited(absl::Duration wait) { pool_wait_.Observe(absl::ToDoubleSeconds(wait)); }
  // trellis_db_transaction_retries_total{reason}: "deadlock", "lock_wait", "snapshot", "unknown_commit", "other".
  void TransactionRetried(absl::string_view reason);
  // trellis_db_connections_opened_total{result}: "ok", "failed". More of them than the pool's size means that
  // connections were lost or reached their lifetime.
  void ConnectionOpened(bool ok) { (ok ? opened_ok_ : opened_failed_).Increment(); }
  // trellis_db_statement_errors_total: statements that failed for a reason that is no part of normal work.
  void StatementFailed() { statement_errors_.Increment(); }
  // trellis_db_transaction_seconds: one transaction, repetitions included.
  void TransactionTook(absl::Duration took) { transaction_.Observe(absl::ToDoubleSeconds(took)); }

 private:
  Counter& TransactionRetriesOf(absl::string_view reason);

  Registry* const registry_;
  Gauge& pool_size_;
  Gauge& pool_in_use_;
  Gauge& pool_waiting_;
  Histogram& pool_wait_;
  Histogram& transaction_;
  Counter& opened_ok_;
  Counter& opened_failed_;
  Counter& statement_errors_;
};

}  // namespace trellis::metrics

#endif  // TRELLIS_COMMON_METRICS_DB_METRICS_H_
