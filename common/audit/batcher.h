// Group commit: the records of many calls in one transaction.
#ifndef TRELLIS_COMMON_AUDIT_BATCHER_H_
#define TRELLIS_COMMON_AUDIT_BATCHER_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/audit/journal.h"

namespace trellis::db {
class Pool;
}

namespace trellis::audit {

class Spool;

// Two writers take turns: while one waits for the disk, the next transaction gathers. Thread-safe.
class Batcher {
 public:
  // OK: on disk. Called on a writer's thread, or at once where nothing can be taken in.
  using Done = std::function<void(const absl::Status& written)>;

  // Where records went; called on the writers' threads.
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnWritten(std::size_t records) = 0;  // into the database
    virtual void OnSpooled(std::size_t records) = 0;
    virtual void OnRefused(std::size_t records) = 0;  // nowhere: their calls are answered UNAVAILABLE
  };

  struct Options {
    int writers = 2;
    std::size_t batch = 64;                      // calls whose records share a transaction
    std::size_t most_waiting = 4096;             // one more is refused: RESOURCE_EXHAUSTED
    absl::Duration deadline = absl::Seconds(5);  // of one transaction
    Spool* spool = nullptr;                      // takes what the database does not; null: nothing does
    Observer* observer = nullptr;
  };

  // `committed` is called after each transaction; may be empty. The pool outlives the batcher.
  Batcher(db::Pool* pool, Options options, std::function<void()> committed = nullptr);
  explicit Batcher(db::Pool* pool) : Batcher(pool, Options()) {}
  ~Batcher() { Stop(); }

  void Start();
  // Writes what waits, then ends. What comes later is refused: UNAVAILABLE.
  void Stop();

  void Submit(std::vector<JournalRow> rows, Done done);

 private:
  struct Waiting {
    std::vector<JournalRow> rows;
    Done done;
  };

  void Run();
  std::vector<Waiting> Take();  // empty: stop
  // `spooled`: whether it was the spool that took them.
  absl::Status WriteAll(const std::vector<JournalRow>& rows, bool& spooled);
  void Tell(const absl::Status& written, bool spooled, std::size_t records);

  db::Pool* const pool_;
  const Options options_;
  const std::function<void()> committed_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;  // guarded by mutex_
  bool stopping_ = false;        // guarded by mutex_
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_BATCHER_H_
