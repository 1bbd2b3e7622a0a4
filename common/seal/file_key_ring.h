// A key ring in a file that is mounted beside the service (a Kubernetes secret, a file of mode 600).
//
//   # any number of comments and empty lines
//   current 2026b
//   key 2026a 64-hexadecimal-digits
//   key 2026b 64-hexadecimal-digits
#ifndef TRELLIS_COMMON_SEAL_FILE_KEY_RING_H_
#define TRELLIS_COMMON_SEAL_FILE_KEY_RING_H_

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/seal/key_ring.h"

namespace trellis::seal {

// The master keys of a ring's text. Error: INVALID_ARGUMENT, naming the line and never what stands in it.
struct MasterKeys {
  std::string current;
  std::map<std::string, SecretKey> keys;
};
absl::StatusOr<MasterKeys> ParseKeyRing(absl::string_view text);

// Looks at the file before each use: a changed file counts at once, a file that was taken away ends all unwrapping.
// Destroyed keys stand in a second file, one line each, which all replicas of the service share and which is kept apart
// from the database and its backups.
class FileKeyRing final : public KeyRing {
 public:
  struct Options {
    std::string path;
    std::string destroyed_path = {};  // made where it does not exist; empty: `path` + ".destroyed"
  };

  // Errors: FAILED_PRECONDITION KEY_RING_UNSAFE where others may read one of the files or the group may write it;
  // INVALID_ARGUMENT where a file is not what it should be; UNAVAILABLE where it cannot be read.
  static absl::StatusOr<std::unique_ptr<FileKeyRing>> Open(Options options, const Clock& clock, RandomSource& random);

  absl::StatusOr<std::vector<std::string>> Masters() override;
  absl::StatusOr<WrappedKey> Wrap(const KeyOwner& owner, const SecretKey& key) override;
  absl::StatusOr<SecretKey> Unwrap(const KeyOwner& owner, const WrappedKey& wrapped) override;
  absl::Status Destroy(const KeyOwner& owner) override;
  absl::StatusOr<std::vector<KeyOwner>> Destroyed() override;

 private:
  // Tells one state of a file from another.
  struct Seen {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;
    std::int64_t changed = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
  };

  FileKeyRing(Options options, const Clock& clock, RandomSource& random)
      : options_(std::move(options)), clock_(clock), random_(random) {}
  static Seen SeenOf(const struct stat& status);
  // All of these with mutex_ held.
  absl::Status Refresh();
  absl::Status RefreshDestroyed();
  bool IsDestroyed(const KeyOwner& owner) const;
  absl::StatusOr<SecretKey> OrganizationKey(absl::string_view master, const Id& organization);

  const Options options_;
  const Clock& clock_;
  RandomSource& random_;
  // std::mutex and not absl::Mutex: the packaged Abseil hides its locks from ThreadSanitizer.
  std::mutex mutex_;
  Seen ring_seen_;                           // guarded by mutex_
  MasterKeys masters_;                       // guarded by mutex_
  Seen destroyed_seen_;                      // guarded by mutex_
  absl::flat_hash_set<KeyOwner> destroyed_;  // guarded by mutex_
};

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_FILE_KEY_RING_H_
