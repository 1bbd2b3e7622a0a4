#include "common/metrics/db_metrics.h"

namespace trellis::metrics {
namespace {

constexpr char kRetries[] = "trellis_db_transaction_retries_total";
constexpr char kRetriesHelp[] = "Transactions run again, by what made it necessary.";
constexpr char kOpened[] = "trellis_db_connections_opened_total";
constexpr char kOpenedHelp[] = "Attempts to connect to the database, by result.";

}  // namespace

DbMetrics::DbMetrics(Registry* registry)
    : registry_(registry),
      pool_size_(registry->AddGauge("trellis_db_pool_size", "Database connections open, idle or in use.")),
      pool_in_use_(registry->AddGauge("trellis_db_pool_in_use", "Database connections lent out.")),
      pool_waiting_(registry->AddGauge("trellis_db_pool_waiting", "Callers waiting for a database connection.")),
      pool_wait_(registry->AddHistogram("trellis_db_pool_wait_seconds",
                                        "Time from asking for a database connection to having one or giving up.", {},
                                        FineBuckets())),
      transaction_(registry->AddHistogram("trellis_db_transaction_seconds",
                                          "Time of one transaction, repetitions included.", {}, FineBuckets())),
      opened_ok_(registry->AddCounter(kOpened, kOpenedHelp, {{"result", "ok"}})),
      opened_failed_(registry->AddCounter(kOpened, kOpenedHelp, {{"result", "failed"}})),
      statement_errors_(registry->AddCounter("trellis_db_statement_errors_total",
                                             "Statements that failed for a reason that is no part of normal work.")) {
  // At 0 from the start, so that the first one shows as an increase.
  for (const char* reason : {"deadlock", "lock_wait", "snapshot", "unknown_commit", "other"}) {
    TransactionRetriesOf(reason);
  }
}

Counter& DbMetrics::TransactionRetriesOf(absl::string_view reason) {
  return registry_->AddCounter(kRetries, kRetriesHelp, {{"reason", std::string(reason)}});
}

// Rare: the look-up does not matter.
void DbMetrics::TransactionRetried(absl::string_view reason) { TransactionRetriesOf(reason).Increment(); }

}  // namespace trellis::metrics
