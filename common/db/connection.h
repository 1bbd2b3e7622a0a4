// One connection to the database. Internal to common/db.
#ifndef TRELLIS_COMMON_DB_CONNECTION_H_
#define TRELLIS_COMMON_DB_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/row.h"
#include "common/db/settings.h"
#include "common/db/statement_cache.h"
#include "common/db/value.h"

namespace sql {
class Connection;
class Statement;
}  // namespace sql

namespace trellis::db {

struct ConnectionLimits {
  absl::Duration connect_timeout;
  absl::Duration statement_limit;
  absl::Duration read_timeout;
};

// Not thread-safe: one owner at a time. Exceptions of the connector end here.
class Connection {
 public:
  // Connects and puts the session into the one state that all code relies on. UNAVAILABLE on every failure.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Settings& settings, const ConnectionLimits& limits);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status ExecuteText(absl::string_view sql);
  absl::StatusOr<std::int64_t> Update(absl::string_view sql, absl::Span<const Value> args);
  absl::Status Query(absl::string_view sql, absl::Span<const Value> args, std::size_t columns,
                     absl::FunctionRef<absl::Status(const Row&)> on_row);
  absl::Status Ping();

  // Tells the server how long a statement may run when `remaining` is left. In coarse steps, so that normally nothing
  // is sent: callers with seconds to spare all share the hard bound.
  absl::Status LimitStatements(absl::Duration remaining);

  // Nothing further may be done on it.
  bool broken() const { return broken_; }
  bool is_mariadb() const { return is_mariadb_; }
  absl::Duration hard_limit() const { return hard_limit_; }

  // Kept for the pool.
  absl::Time retire_at = absl::InfiniteFuture();
  absl::Time last_used = absl::InfinitePast();

 private:
  Connection(std::unique_ptr<sql::Connection> connection, absl::Duration statement_limit);

  absl::Status SetUp(bool encrypted);
  absl::StatusOr<std::string> TextOf(absl::string_view sql, int column);
  absl::Status SetStatementLimit(absl::Duration limit);
  absl::Status Guard(absl::string_view sql, absl::FunctionRef<absl::Status()> action);
  absl::Status Bound(absl::string_view sql, absl::Span<const Value> args,
                     absl::FunctionRef<absl::Status(sql::PreparedStatement&)> action);

  // In the order in which the connector needs them destroyed, last first.
  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::Statement> text_;
  StatementCache statements_;
  const absl::Duration hard_limit_;
  absl::Duration limit_ = absl::ZeroDuration();  // what the server was told last
  bool is_mariadb_ = false;
  bool broken_ = false;
};

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_CONNECTION_H_
