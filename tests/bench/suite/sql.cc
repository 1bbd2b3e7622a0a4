#include "tests/bench/suite/sql.h"

#include <array>
#include <cstring>
#include <ctime>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/suite/process.h"

namespace trellis::bench {
namespace {

absl::Duration ThreadCpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

}  // namespace

std::string SqlTime(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%E6S", time, absl::UTCTimeZone()); }

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
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (first) {
      buffers_.push_back(std::make_unique<Buffer>());
      MYSQL_BIND& bind = parameters_[i];
      bind.buffer = buffers_[i]->bytes.data();
      bind.length = &buffers_[i]->length;
      bind.buffer_type = std::holds_alternative<std::int64_t>(values[i]) ? MYSQL_TYPE_LONGLONG
                         : std::holds_alternative<double>(values[i])     ? MYSQL_TYPE_DOUBLE
                                                                         : MYSQL_TYPE_STRING;
    }
    Buffer& buffer = *buffers_[i];
    if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
      std::memcpy(buffer.bytes.data(), number, sizeof(*number));
    } else if (const auto* real = std::get_if<double>(&values[i])) {
      std::memcpy(buffer.bytes.data(), real, sizeof(*real));
    } else {
      const std::string& text = std::get<std::string>(values[i]);
      buffer.length = text.copy(buffer.bytes.data(), buffer.bytes.size());
    }
  }
  if (first && mysql_stmt_bind_param(statement_, parameters_.data()) != 0) Die(mysql_stmt_error(statement_));
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

Sample RunSql(const std::vector<SqlWork>& works, absl::Duration duration, absl::Duration* cpu) {
  std::vector<Sample> samples(works.size());
  std::vector<absl::Duration> used(works.size());
  std::vector<std::thread> threads;
  const absl::Time start = absl::Now();
  for (std::size_t i = 0; i < works.size(); ++i) {
    threads.emplace_back([&, i] {
      const absl::Duration before = ThreadCpu();
      absl::Time last = absl::Now();
      for (std::int64_t n = 0; last - start < duration; ++n) {
        works[i](n);
        const absl::Time now = absl::Now();
        samples[i].times.push_back(now - last);
        last = now;
      }
      used[i] = ThreadCpu() - before;
    });
  }
  for (std::thread& thread : threads) thread.join();
  Sample sum;
  sum.took = absl::Now() - start;
  *cpu = absl::ZeroDuration();
  for (std::size_t i = 0; i < works.size(); ++i) {
    sum.times.insert(sum.times.end(), samples[i].times.begin(), samples[i].times.end());
    *cpu += used[i];
  }
  return sum;
}

}  // namespace trellis::bench
