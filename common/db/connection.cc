#include "common/db/connection.h"

#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/parameter_metadata.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <cmath>
#include <exception>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/db/errors.h"

namespace trellis::db {
namespace {

constexpr std::size_t kCachedStatements = 96;
constexpr int kLockWaitSeconds = 3;

sql::SQLString Text(absl::string_view text) { return sql::SQLString(text.data(), text.size()); }

// The connector's registry of drivers is not thread-safe.
sql::Driver& Driver() {
  static sql::Driver* const driver = get_driver_instance();
  return *driver;
}

int WholeSeconds(absl::Duration duration) {
  return std::max(1, static_cast<int>(std::ceil(absl::ToDoubleSeconds(duration))));
}

// Unknown keys are silently ignored by the connector and wrong types throw: no other place makes such a map.
sql::ConnectOptionsMap OptionsFor(const Settings& settings, const ConnectionLimits& limits) {
  sql::ConnectOptionsMap options;
  const bool tcp = settings.unix_socket.empty();
  options["hostName"] = tcp ? Text(absl::StrCat("tcp://", settings.host, ":", settings.port))
                            : Text(absl::StrCat("unix://", settings.unix_socket));
  options["userName"] = Text(settings.user);
  options["password"] = Text(settings.password);
  if (!settings.schema.empty()) options["schema"] = Text(settings.schema);
  options["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
  options["OPT_CONNECT_TIMEOUT"] = WholeSeconds(limits.connect_timeout);
  options["OPT_READ_TIMEOUT"] = WholeSeconds(limits.read_timeout);
  options["OPT_WRITE_TIMEOUT"] = WholeSeconds(limits.read_timeout);
  options["CLIENT_FOUND_ROWS"] = true;
  // Only these two make TLS certain: OPT_SSL_MODE is accepted and ignored.
  if (tcp && !settings.tls_ca.empty()) {
    options["sslCA"] = Text(settings.tls_ca);
    options["sslVerify"] = true;
  }
  return options;
}

class Binder {
 public:
  // scratch: reused for every text, so that its memory is asked for once.
  Binder(sql::PreparedStatement& statement, unsigned index, sql::SQLString& scratch)
      : statement_(statement), index_(index), scratch_(scratch) {}

  bool operator()(Value::Null) const {
    statement_.setNull(index_, 0);
    return true;
  }
  bool operator()(std::int64_t number) const {
    statement_.setInt64(index_, number);  // never setUInt64: its sign would stick to the marker
    return true;
  }
  bool operator()(double number) const {
    statement_.setDouble(index_, number);
    return true;
  }
  bool operator()(const std::string& bytes) const {
    scratch_ = bytes;
    statement_.setString(index_, scratch_);
    return true;
  }
  bool operator()(Value::Unusable) const { return false; }

 private:
  sql::PreparedStatement& statement_;
  const unsigned index_;
  sql::SQLString& scratch_;
};

absl::Status Mistake(absl::string_view what) { return Error(absl::StatusCode::kInternal, "DATABASE_ERROR", what); }

}  // namespace

Connection::Connection(std::unique_ptr<sql::Connection> connection, absl::Duration statement_limit)
    : connection_(std::move(connection)), statements_(kCachedStatements), hard_limit_(statement_limit) {}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Settings& settings, const ConnectionLimits& limits) {
  std::unique_ptr<Connection> self;
  int number = -1;
  try {
    sql::ConnectOptionsMap options = OptionsFor(settings, limits);
    std::unique_ptr<sql::Connection> raw(Driver().connect(options));
    self.reset(new Connection(std::move(raw), limits.statement_limit));
    self->text_.reset(self->connection_->createStatement());
    number = 0;
  } catch (const sql::SQLException& error) {  // its text may name host and user
    if (error.getErrorCode() != 0) number = error.getErrorCode();
  } catch (const std::exception&) {
  }
  absl::Status status =
      number == 0 ? self->SetUp(settings.unix_socket.empty() && !settings.tls_ca.empty()) : StatusOf(number, "");
  if (status.ok()) return self;
  number = ErrnoOf(status);
  absl::Status out = Error(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
                           absl::StrCat("cannot connect to the database (", number, ")"));
  status.ForEachPayload([&out](absl::string_view url, const absl::Cord& payload) {
    if (!out.GetPayload(url).has_value()) out.SetPayload(url, payload);  // the error number
  });
  return out;
}

absl::Status Connection::SetUp(bool encrypted) {
  TRELLIS_ASSIGN_OR_RETURN(const std::string version, TextOf("SELECT VERSION()", 1));
  is_mariadb_ = absl::StrContains(version, "MariaDB");
  if (encrypted) {
    TRELLIS_ASSIGN_OR_RETURN(const std::string cipher, TextOf("SHOW SESSION STATUS LIKE 'Ssl_cipher'", 2));
    if (cipher.empty()) return StatusOf(2026, "");  // the number for "TLS failed"
  }
  TRELLIS_RETURN_IF_ERROR(ExecuteText("SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci"));
  // The connector has just set REPEATABLE READ.
  TRELLIS_RETURN_IF_ERROR(ExecuteText("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"));
  TRELLIS_RETURN_IF_ERROR(ExecuteText(
      absl::StrCat("SET SESSION autocommit = 1, time_zone = '+00:00', sql_mode = '"
                   "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
                   "NO_ENGINE_SUBSTITUTION'",
                   is_mariadb_ ? ", innodb_snapshot_isolation = ON" : "")));
  return SetStatementLimit(hard_limit_);
}

absl::StatusOr<std::string> Connection::TextOf(absl::string_view sql, int column) {
  std::string out;
  TRELLIS_RETURN_IF_ERROR(Guard(sql, [&] {
    const std::unique_ptr<sql::ResultSet> result(text_->executeQuery(Text(sql)));
    if (result->next()) out = result->getString(static_cast<std::uint32_t>(column)).asStdString();
    return absl::OkStatus();
  }));
  return out;
}

absl::Status Connection::Guard(absl::string_view sql, absl::FunctionRef<absl::Status()> action) {
  int number = -1;  // the connector's own exceptions have no number: after one of these nothing is certain
  std::string message;
  try {
    return action();
  } catch (const sql::InvalidArgumentException&) {  // found before anything was sent
    statements_.Remove(sql);
    return Mistake("a statement does not fit its arguments or its reader");
  } catch (const sql::SQLException& error) {
    if (error.getErrorCode() != 0) number = error.getErrorCode();
    message = error.what();
  } catch (const std::exception&) {
  }
  if (IsConnectionLost(number)) broken_ = true;
  // A statement that failed may have gone stale on the server; one that only met a rule or another writer has not.
  const absl::Status status = StatusOf(number, message);
  if (status.code() == absl::StatusCode::kInternal && !broken_) statements_.Remove(sql);
  return status;
}

absl::Status Connection::ExecuteText(absl::string_view sql) {
  return Guard(sql, [&] {
    text_->execute(Text(sql));
    return absl::OkStatus();
  });
}

absl::Status Connection::Bound(absl::string_view sql, absl::Span<const Value> args,
                               absl::FunctionRef<absl::Status(sql::PreparedStatement&)> action) {
  return Guard(sql, [&] {
    sql::PreparedStatement* statement = statements_.Find(sql);
    if (statement == nullptr) {
      std::unique_ptr<sql::PreparedStatement> fresh(connection_->prepareStatement(Text(sql)));
      statement = statements_.Add(sql, std::move(fresh));
    }
    if (statement->getParameterMetaData()->getParameterCount() != static_cast<int>(args.size())) {
      return Mistake("a statement has another number of markers than arguments");
    }
    sql::SQLString scratch;
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (!std::visit(Binder(*statement, static_cast<unsigned>(i + 1), scratch), args[i].content())) {
        return Mistake(absl::StrCat("argument ", i, " cannot be stored"));
      }
    }
    return action(*statement);
  });
}

absl::StatusOr<std::int64_t> Connection::Update(absl::string_view sql, absl::Span<const Value> args) {
  std::int64_t rows = 0;
  TRELLIS_RETURN_IF_ERROR(Bound(sql, args, [&rows](sql::PreparedStatement& statement) {
    rows = statement.executeUpdate();
    return absl::OkStatus();
  }));
  return rows;
}

absl::Status Connection::Query(absl::string_view sql, absl::Span<const Value> args, std::size_t columns,
                               absl::FunctionRef<absl::Status(const Row&)> on_row) {
  return Bound(sql, args, [&](sql::PreparedStatement& statement) -> absl::Status {
    const std::unique_ptr<sql::ResultSet> result(statement.executeQuery());
    sql::ResultSetMetaData& types = *result->getMetaData();
    if (types.getColumnCount() != columns) {
      return Mistake("the query has another number of columns than its reader");
    }
    const Row row(*result, types);
    while (result->next()) TRELLIS_RETURN_IF_ERROR(on_row(row));
    return absl::OkStatus();
  });
}

absl::Status Connection::Ping() {
  absl::Status status = Guard("", [&] { return connection_->isValid() ? absl::OkStatus() : StatusOf(2006, ""); });
  if (!status.ok()) broken_ = true;
  return status;
}

absl::Status Connection::LimitStatements(absl::Duration remaining) {
  absl::Duration needed = hard_limit_;
  for (absl::Duration step : {absl::Milliseconds(2500), absl::Milliseconds(500)}) {
    if (remaining <= step) needed = std::min(needed, step);
  }
  return needed == limit_ ? absl::OkStatus() : SetStatementLimit(needed);
}

// MySQL bounds only queries by time; what else waits, waits for a lock.
absl::Status Connection::SetStatementLimit(absl::Duration limit) {
  const double seconds = absl::ToDoubleSeconds(limit);
  const std::string bound = is_mariadb_ ? absl::StrFormat("max_statement_time = %.3f", seconds)
                                        : absl::StrFormat("max_execution_time = %.0f", seconds * 1000);
  const int lock_wait = std::min(kLockWaitSeconds, WholeSeconds(limit));
  TRELLIS_RETURN_IF_ERROR(ExecuteText(absl::StrCat("SET SESSION ", bound, ", innodb_lock_wait_timeout = ", lock_wait)));
  limit_ = limit;
  return absl::OkStatus();
}

}  // namespace trellis::db
