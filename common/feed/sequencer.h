// Gives committed events their places: 1, 2, 3, ... without a gap and without a second thought.
#ifndef TRELLIS_COMMON_FEED_SEQUENCER_H_
#define TRELLIS_COMMON_FEED_SEQUENCER_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/feed/head_signal.h"

namespace trellis::db {
class Pool;
class Session;
}  // namespace trellis::db

namespace trellis::feed {

// Every replica of a publishing service runs one; a row lock makes them take turns. Has one thread between Start and
// Stop. Notify is thread-safe and cheap.
class Sequencer {
 public:
  struct Options {
    int batch = 500;                                // events for which one transaction finds places
    absl::Duration busy = absl::Milliseconds(20);   // pause after work was found
    absl::Duration idle = absl::Milliseconds(200);  // pause when there is none for long
    absl::Duration gather =
        absl::Milliseconds(2);                   // wait after a notice, so that commits near each other share a round
    absl::Duration deadline = absl::Seconds(5);  // of one transaction
  };

  Sequencer(db::Pool* pool, HeadSignal* signal, Options options);
  Sequencer(db::Pool* pool, HeadSignal* signal) : Sequencer(pool, signal, Options()) {}
  ~Sequencer();

  void Start();
  void Stop();
  // Events were committed: look now rather than at the next poll.
  void Notify();

  // One round: places for at most one batch. Returns how many events got one. What the thread does again and again.
  absl::StatusOr<int> SequenceOnce();
  // Places for everything that was committed before this was called. Returns the greatest place known then, which is
  // that of the last of them or a later one. Thread-safe, also beside the thread.
  absl::StatusOr<std::int64_t> SequenceAll(absl::Time deadline);

 private:
  void Run();
  absl::StatusOr<int> SequenceBatch(absl::Time deadline);
  absl::StatusOr<bool> LookForWork(absl::Time deadline);
  absl::Status AssignPlaces(db::Session& tx, int& assigned, std::int64_t& head);
  bool WaitForNotice(absl::Duration pause);  // false: stop

  db::Pool* const pool_;
  HeadSignal* const signal_;
  const Options options_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool noticed_ = false;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_SEQUENCER_H_
