// Opened data keys, for a few minutes.
#ifndef TRELLIS_COMMON_SEAL_KEY_CACHE_H_
#define TRELLIS_COMMON_SEAL_KEY_CACHE_H_

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/seal/envelope.h"
#include "common/seal/secret_key.h"

namespace trellis::seal {

// Thread-safe. The oldest key makes room for a new one.
class KeyCache {
 public:
  KeyCache(const Clock& clock, absl::Duration lifetime, std::size_t most)
      : clock_(clock), lifetime_(lifetime), most_(most) {}

  std::optional<SecretKey> Find(const KeyOwner& owner);
  void Put(const KeyOwner& owner, SecretKey key);
  void Forget(const KeyOwner& owner);
  // Drops what is past its time, so that no key stays only because nobody asks. Call it now and then.
  void Sweep();
  std::size_t size() const;

 private:
  struct Entry {
    SecretKey key;
    absl::Time until;
  };
  void DropExpired(absl::Time now);  // with mutex_ held

  const Clock& clock_;
  const absl::Duration lifetime_;
  const std::size_t most_;
  // std::mutex and not absl::Mutex: the packaged Abseil hides its locks from ThreadSanitizer.
  mutable std::mutex mutex_;
  absl::flat_hash_map<KeyOwner, Entry> entries_;        // guarded by mutex_
  std::deque<std::pair<absl::Time, KeyOwner>> by_age_;  // guarded by mutex_; also of entries that are gone
};

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_KEY_CACHE_H_
