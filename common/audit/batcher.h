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

// Two writers take turns: while one waits for the disk, the next transaction gathers. Thread-safe.
class Batcher {
 public:
  // OK: on disk. Called on a writer's thread, or at once where nothing can be taken in.
  using Done = std::function<void(const absl::Status& written)>;

  struct Options {
    int writers = 2;
    std::size_t batch = 64;                      // calls whose records share a transaction
    std::size_t most_waiting = 4096;             // one more is refused: RESOURCE_EXHAUSTED
    absl::Duration deadline = absl::Seconds(5);  // of one transaction
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
  absl::Status WriteAll(const std::vector<Waiting>& batch);

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
