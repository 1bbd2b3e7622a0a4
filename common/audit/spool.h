// The second sink: while the database takes no records, they go into files on another volume, and from there into the
// database once it takes them again.
#ifndef TRELLIS_COMMON_AUDIT_SPOOL_H_
#define TRELLIS_COMMON_AUDIT_SPOOL_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/audit/journal.h"
#include "common/audit/spool_file.h"
#include "common/base/id.h"

namespace trellis::db {
class Pool;
class Session;
}  // namespace trellis::db

namespace trellis::audit {

// Holds ids and codes, as records do, never content. Thread-safe; one thread at a time drains.
class Spool {
 public:
  struct Options {
    std::string folder;  // exists; of one process of this service alone
    std::string service;
    std::int64_t most_bytes = std::int64_t{1} << 30;  // that may wait
  };
  // What an earlier run left waits again. Error: FAILED_PRECONDITION for a folder that cannot be written, or that
  // another process uses.
  static absl::StatusOr<std::unique_ptr<Spool>> Open(Options options, IdGenerator* ids);
  ~Spool();

  // The database did not take these. OK: on disk. Errors: RESOURCE_EXHAUSTED (so much waits already), UNAVAILABLE.
  absl::Status Append(absl::Span<const JournalRow> rows);

  // Moves what waits into the journal of the database, each record once, also where a commit's answer was lost or the
  // process ended in between. What cannot be read is kept aside (".torn") and the log says so.
  absl::Status Drain(db::Pool& pool, absl::Time deadline);

  // Whether the database took nothing when it was last tried: nobody else need wait for it until Drain got through.
  bool database_is_away() const { return database_is_away_; }
  bool empty() const;
  std::int64_t bytes() const;  // that wait

 private:
  struct Piece {
    std::string path;
    std::int64_t drained = 0;
    std::int64_t size = 0;
  };

  Spool(Options options, IdGenerator* ids, int lock) : options_(std::move(options)), ids_(*ids), lock_(lock) {}
  absl::Status FindLeftOver();
  std::int64_t BytesLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Piece> Front() const;
  void Advance(std::int64_t drained);
  // The first piece is read to its end: takes it away, or keeps it aside.
  void Finish(const Piece& piece, bool torn);

  const Options options_;
  IdGenerator& ids_;
  const int lock_;  // descriptor of the folder's lock
  std::atomic<bool> database_is_away_ = false;
  mutable absl::Mutex mutex_;
  std::deque<Piece> pieces_ ABSL_GUARDED_BY(mutex_);  // the oldest first; the open one last
  std::optional<SpoolFile> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_SPOOL_H_
