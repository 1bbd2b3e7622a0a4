// The bare C client of the database: prepared statements and nothing around them.
#ifndef TRELLIS_TESTS_BENCH_SUITE_SQL_H_
#define TRELLIS_TESTS_BENCH_SUITE_SQL_H_

#include <mysql.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "tests/bench/suite/figures.h"

namespace trellis::bench {

std::string SqlTime(absl::Time time);  // as a column DATETIME(6) takes it

using SqlValue = std::variant<std::int64_t, double, std::string>;
using SqlRow = std::vector<std::string>;

class SqlConnection;

// Prepared once, executed often; its buffers stay bound. The types of the arguments are those of the first execution.
class SqlStatement {
 public:
  SqlStatement(SqlConnection& connection, const std::string& sql);
  ~SqlStatement();
  SqlStatement(const SqlStatement&) = delete;
  SqlStatement& operator=(const SqlStatement&) = delete;

  // Fetches every row into the buffers. Returns how many there were.
  int Execute(const std::vector<SqlValue>& values);
  std::string Column(int column) const;  // of the row fetched last

 private:
  struct Parameter;
  struct Buffer;
  void Bind(const std::vector<SqlValue>& values);
  void BindColumns();
  MYSQL_STMT* const statement_;
  std::vector<MYSQL_BIND> parameters_;
  std::vector<MYSQL_BIND> columns_;
  std::vector<std::unique_ptr<Parameter>> arguments_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
};

// With the session settings of a service's connection. Any error ends the program. Not thread-safe.
class SqlConnection {
 public:
  SqlConnection(const std::string& socket, const std::string& schema);
  ~SqlConnection();
  SqlConnection(const SqlConnection&) = delete;
  SqlConnection& operator=(const SqlConnection&) = delete;

  void Text(const std::string& sql);                  // no result is expected
  std::vector<SqlRow> Query(const std::string& sql);  // NULL reads as ""
  std::int64_t Number(const std::string& sql);        // one column of one row
  MYSQL* raw() { return connection_; }

 private:
  MYSQL* connection_;
};

// One thread's work on one connection: `work(n, done)` does call number n and calls `done` when its answer could leave,
// which may be later and on another thread: many calls wait for one commit of the audit.
using SqlWork = std::function<void(std::int64_t n, std::function<void()> done)>;

// Runs as many threads as there are works, each for itself, with at most `in_flight` calls begun and not done.
// cpu: what these threads used, and those that they hand work to. ended: counts the calls that are done; may be null.
Sample RunSql(const std::vector<SqlWork>& works, int in_flight, absl::Duration duration, absl::Duration* cpu,
              std::atomic<std::int64_t>* ended = nullptr);

// For threads that work for others: adds what this thread has used since it last said so.
void NoteSqlCpu();

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_SQL_H_
