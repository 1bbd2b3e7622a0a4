// A connection while somebody has it. Internal to common/db.
#ifndef TRELLIS_COMMON_DB_LOAN_H_
#define TRELLIS_COMMON_DB_LOAN_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/connection.h"
#include "common/db/pool.h"

namespace trellis::db {

// Gives the connection back to its pool at the end, unless it is broken or in the middle of a transaction.
class Loan {
 public:
  // pooled: the loan holds a permit of the pool.
  Loan(Pool& pool, std::unique_ptr<Connection> connection, bool pooled)
      : pool_(pool), connection_(std::move(connection)), pooled_(pooled) {}
  ~Loan();
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  Connection* connection() { return connection_.get(); }  // null after Replace failed
  bool usable() const { return connection_ != nullptr && !connection_->broken(); }

  // Throws the connection away and makes a new one.
  absl::Status Replace(absl::Time deadline);
  void set_in_transaction(bool value) { in_transaction_ = value; }
  const Settings& settings() const { return pool_.settings_; }
  PoolMetrics& metrics() { return pool_.metrics_; }

 private:
  Pool& pool_;
  std::unique_ptr<Connection> connection_;
  const bool pooled_;
  bool in_transaction_ = false;
};

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_LOAN_H_
