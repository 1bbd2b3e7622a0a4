// What a service's own threads do in the database, through the bare C client: audit records that share commits
// (common/audit/batcher.h), their way into the chain (common/audit/chainer.h), the places of events
// (common/feed/sequencer.h). The statements are those of common, word for word.
#ifndef TRELLIS_TESTS_BENCH_SUITE_BACKGROUND_H_
#define TRELLIS_TESTS_BENCH_SUITE_BACKGROUND_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/suite/sql.h"
#include "tests/bench/suite/suite.h"

namespace trellis::bench {

// One statement for many rows, prepared for each number of rows that common/audit/bulk.cc uses. Not thread-safe.
class BareRows {
 public:
  // sql: the statement for that many rows. columns: values of one row.
  BareRows(SqlConnection& connection, std::function<std::string(std::size_t rows)> sql, std::size_t columns)
      : connection_(connection), sql_(std::move(sql)), columns_(columns) {}
  void Execute(const std::vector<SqlValue>& values);

 private:
  SqlConnection& connection_;
  const std::function<std::string(std::size_t)> sql_;
  const std::size_t columns_;
  std::map<std::size_t, std::unique_ptr<SqlStatement>> statements_;
};

// INSERT INTO audit_journal.
std::unique_ptr<BareRows> BareJournal(SqlConnection& connection);

struct BareRecord {
  std::string body;
  std::int64_t persons = 0;  // whom it names
};

// The audit of one schema that no service works on. Thread-safe.
class BareAudit {
 public:
  // record: what every record is like.
  BareAudit(const Suite& suite, const std::string& schema, BareRecord record);
  ~BareAudit();  // writes and chains what waits
  BareAudit(const BareAudit&) = delete;
  BareAudit& operator=(const BareAudit&) = delete;

  // Calls `done` on a thread of the audit, once the record is durable.
  void Submit(std::function<void()> done);
  // A record as the journal takes it; for those that are written together with a change.
  std::vector<SqlValue> NewRow() const;

 private:
  struct ChainTables;
  void Write();
  void Chain();
  bool ChainSome(SqlConnection& connection, ChainTables& tables);

  const Suite& suite_;
  const std::string schema_;
  const std::string organization_;
  const std::string user_;
  const BareRecord record_;
  std::int64_t sequence_ = 0;  // the chainer's
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable ended_;
  std::deque<std::function<void()>> waiting_;  // guarded by mutex_
  bool stopping_ = false;                      // guarded by mutex_
  std::vector<std::thread> threads_;
};

// Gives the events of one schema their places.
class BareSequencer {
 public:
  BareSequencer(const Suite& suite, const std::string& schema);
  ~BareSequencer();
  BareSequencer(const BareSequencer&) = delete;
  BareSequencer& operator=(const BareSequencer&) = delete;

 private:
  void Run();

  const std::unique_ptr<SqlConnection> connection_;
  SqlStatement place_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_BACKGROUND_H_
