// One file of records: a line that says what it is, then each record with its length and digest.
#ifndef TRELLIS_COMMON_AUDIT_SPOOL_FILE_H_
#define TRELLIS_COMMON_AUDIT_SPOOL_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/audit/journal.h"

namespace trellis::audit {

// A file that is added to. One thread at a time.
class SpoolFile {
 public:
  // Readable by nobody else; in its folder for good. Error: UNAVAILABLE.
  static absl::StatusOr<SpoolFile> Create(const std::string& path);
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&&) = delete;
  ~SpoolFile();

  // OK: on disk. Error: UNAVAILABLE; what it left of the records lies behind `size` and the file takes no more.
  absl::Status Append(absl::Span<const JournalRow> rows);

  std::int64_t size() const { return size_; }  // of what is on disk, in bytes

 private:
  SpoolFile(int fd, std::int64_t size) : fd_(fd), size_(size) {}

  int fd_;
  std::int64_t size_;
};

// What stands in a file between two places.
struct SpoolPart {
  std::vector<JournalRow> rows;
  std::int64_t next = 0;  // where the next part begins
  bool torn = false;      // what begins there is no record: half written, or damaged
};
// At most `most` records from `offset` (0: the first) to `end`. Error: UNAVAILABLE where the file cannot be read.
absl::StatusOr<SpoolPart> ReadSpool(const std::string& path, std::int64_t offset, std::int64_t end, std::size_t most);

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_SPOOL_FILE_H_
