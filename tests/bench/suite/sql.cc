#include "tests/bench/suite/sql.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/suite/process.h"

namespace trellis::bench {
namespace {

std::atomic<std::int64_t> sql_cpu_nanos{0};

absl::Duration ThreadCpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

}  // namespace

void NoteSqlCpu() {
  thread_local absl::Duration noted = absl::ZeroDuration();
  const absl::Duration used = ThreadCpu();
  sql_cpu_nanos += absl::ToInt64Nanoseconds(used - noted);
  noted = used;
}

absl::Duration SqlCpu() { return absl::Nanoseconds(sql_cpu_nanos.load()); }

std::string SqlTime(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%E6S", time, absl::UTCTimeZone()); }

struct SqlStatement::Parameter {
  std::string bytes;
  unsigned long length = 0;
};

struct SqlStatement::Buffer {
  std::array<char, 8192> bytes;
  unsigned long length = 0;
  my_bool null = 0;
};

SqlStatement::SqlStatement(SqlConnection& connection, const std::string& sql)
    : statement_(mysql_stmt_init(connection.raw())) {
  if (mysql_stmt_prepare(statement_, sql.data(), sql.size()) != 0) {
    Die(absl::StrCat(mysql_stmt_error(statement_), " in ", sql));
  }
}

SqlStatement::~SqlStatement() { mysql_stmt_close(statement_); }

void SqlStatement::Bind(const std::vector<SqlValue>& values) {
  const bool first = parameters_.empty();
  if (first) {
    if (mysql_stmt_param_count(statement_) != values.size()) Die("a bare statement has another number of markers");
    parameters_.resize(values.size());
  }
  bool moved = first;
  for (std::size_t i = 0; i < values.size(); ++i) {
    MYSQL_BIND& bind = parameters_[i];
    if (first) {
      arguments_.push_back(std::make_unique<Parameter>());
      bind.length = &arguments_[i]->length;
      bind.buffer_type = std::holds_alternative<std::int64_t>(values[i]) ? MYSQL_TYPE_LONGLONG
                         : std::holds_alternative<double>(values[i])     ? MYSQL_TYPE_DOUBLE
                                                                         : MYSQL_TYPE_STRING;
    }
    Parameter& argument = *arguments_[i];
    if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
      argument.bytes.assign(reinterpret_cast<const char*>(number), sizeof(*number));
    } else if (const auto* real = std::get_if<double>(&values[i])) {
      argument.bytes.assign(reinterpret_cast<const char*>(real), sizeof(*real));
    } else {
      argument.bytes = std::get<std::string>(values[i]);
    }
    argument.length = argument.bytes.size();
    moved = moved || bind.buffer != argument.bytes.data();
    bind.buffer = argument.bytes.data();
  }
  if (moved && mysql_stmt_bind_param(statement_, parameters_.data()) != 0) Die(mysql_stmt_error(statement_));
}

void SqlStatement::BindColumns() {
  columns_.resize(mysql_stmt_field_count(statement_));
  for (MYSQL_BIND& bind : columns_) {
    buffers_.push_back(std::make_unique<Buffer>());
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = buffers_.back()->bytes.data();
    bind.buffer_length = buffers_.back()->bytes.size();
    bind.length = &buffers_.back()->length;
    bind.is_null = &buffers_.back()->null;
  }
  if (mysql_stmt_bind_result(statement_, columns_.data()) != 0) Die(mysql_stmt_error(statement_));
}

int SqlStatement::Execute(const std::vector<SqlValue>& values) {
  Bind(values);
  if (mysql_stmt_execute(statement_) != 0) Die(mysql_stmt_error(statement_));
  if (mysql_stmt_field_count(statement_) == 0) return 0;
  if (columns_.empty()) BindColumns();
  if (mysql_stmt_store_result(statement_) != 0) Die(mysql_stmt_error(statement_));
  int rows = 0;
  while (mysql_stmt_fetch(statement_) == 0) ++rows;
  mysql_stmt_free_result(statement_);
  return rows;
}

std::string SqlStatement::Column(int column) const {
  const MYSQL_BIND& bind = columns_[static_cast<std::size_t>(column)];
  return std::string(static_cast<const char*>(bind.buffer), std::min(*bind.length, bind.buffer_length));
}

SqlConnection::SqlConnection(const std::string& socket, const std::string& schema) : connection_(mysql_init(nullptr)) {
  mysql_options(connection_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(connection_, nullptr, "trellis", "trellis", schema.empty() ? nullptr : schema.c_str(), 0,
                         socket.c_str(), CLIENT_FOUND_ROWS) == nullptr) {
    Die(absl::StrCat("database: ", mysql_error(connection_)));
  }
  Text("SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci");
  Text("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  Text("SET SESSION time_zone = '+00:00'");
}

SqlConnection::~SqlConnection() { mysql_close(connection_); }

void SqlConnection::Text(const std::string& sql) {
  if (mysql_real_query(connection_, sql.data(), sql.size()) == 0) return;
  Die(absl::StrCat(mysql_error(connection_), " in ", sql));
}

std::vector<SqlRow> SqlConnection::Query(const std::string& sql) {
  Text(sql);
  MYSQL_RES* const result = mysql_store_result(connection_);
  if (result == nullptr) Die(absl::StrCat("no result: ", sql));
  std::vector<SqlRow> rows;
  while (MYSQL_ROW raw = mysql_fetch_row(result)) {
    const unsigned long* const lengths = mysql_fetch_lengths(result);
    SqlRow row;
    for (unsigned i = 0; i < mysql_num_fields(result); ++i) {
      row.push_back(raw[i] == nullptr ? std::string() : std::string(raw[i], lengths[i]));
    }
    rows.push_back(std::move(row));
  }
  mysql_free_result(result);
  return rows;
}

std::int64_t SqlConnection::Number(const std::string& sql) {
  const std::vector<SqlRow> rows = Query(sql);
  return rows.empty() ? 0 : std::strtoll(rows[0].back().c_str(), nullptr, 10);
}

namespace {

// The calls that have begun and not ended: at most so many.
class Calls {
 public:
  explicit Calls(int at_once) : at_once_(at_once), free_(at_once) {}

  void Begin() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return free_ > 0; });
    --free_;
  }
  void End(absl::Duration took) {
    const std::lock_guard lock(mutex_);
    times_.push_back(took);
    ++free_;
    changed_.notify_one();
  }
  std::vector<absl::Duration> Times() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return free_ == at_once_; });
    return std::move(times_);
  }

 private:
  const int at_once_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int free_;                           // guarded by mutex_
  std::vector<absl::Duration> times_;  // guarded by mutex_
};

}  // namespace

Sample RunSql(const std::vector<SqlWork>& works, int in_flight, absl::Duration duration, absl::Duration* cpu,
              std::atomic<std::int64_t>* ended) {
  Calls calls(in_flight);
  std::vector<std::thread> threads;
  const absl::Duration before = SqlCpu();
  const absl::Time start = absl::Now();
  for (const SqlWork& work : works) {
    threads.emplace_back([&] {
      for (std::int64_t n = 0; absl::Now() - start < duration; ++n) {
        calls.Begin();
        const absl::Time begin = absl::Now();
        work(n, [&calls, begin, ended] {
          calls.End(absl::Now() - begin);
          if (ended != nullptr) ++*ended;
        });
      }
      NoteSqlCpu();
    });
  }
  for (std::thread& thread : threads) thread.join();
  Sample sum;
  sum.times = calls.Times();
  sum.took = absl::Now() - start;
  *cpu = SqlCpu() - before;
  return sum;
}

}  // namespace trellis::bench
