// The public keys that tokens may be signed with, as identity publishes them.
#ifndef TRELLIS_COMMON_ACCESS_KEY_SET_H_
#define TRELLIS_COMMON_ACCESS_KEY_SET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace trellis::access {

struct VerificationKey {
  std::string key_id;
  std::string public_key;  // Ed25519, 32 bytes
};

bool IsKeyId(absl::string_view key_id);  // [A-Za-z0-9_-]{1,64}

// Thread-safe. Fetches when it is asked for a key that it does not know, at most once in `Options::refetch`; otherwise
// whoever owns it calls Refresh now and then, so that withdrawn keys go away.
class KeySet {
 public:
  // All keys that are good now. May block; is never called twice at once.
  using Fetch = std::function<absl::StatusOr<std::vector<VerificationKey>>()>;
  struct Options {
    absl::Duration refetch = absl::Seconds(30);  // between fetches for unknown keys
    absl::Duration retry = absl::Seconds(1);     // the same after a fetch that failed
  };

  KeySet(Fetch fetch, const Clock* clock, Options options)
      : fetch_(std::move(fetch)), clock_(clock), options_(options) {}
  KeySet(Fetch fetch, const Clock* clock) : KeySet(std::move(fetch), clock, Options()) {}

  // The public key. Errors: UNAUTHENTICATED (TOKEN_INVALID) for a key id that is unknown; UNAVAILABLE
  // (KEYS_UNAVAILABLE) while no key could be fetched at all.
  absl::StatusOr<std::string> Find(absl::string_view key_id);
  // Fetches now. A failure leaves the keys as they are.
  absl::Status Refresh();

  // Changes whenever a key came or went: what was verified under another generation must be verified again.
  std::uint64_t generation() const;
  bool empty() const;

 private:
  using Keys = absl::flat_hash_map<std::string, std::string>;

  bool Lookup(absl::string_view key_id, std::string* public_key) const;
  absl::Status FetchLocked();  // fetch_mutex_ held

  const Fetch fetch_;
  const Clock* const clock_;
  const Options options_;

  std::mutex fetch_mutex_;                        // held during a fetch
  absl::Time next_fetch_ = absl::InfinitePast();  // guarded by fetch_mutex_

  mutable std::mutex mutex_;
  Keys keys_;                     // guarded by mutex_
  std::uint64_t generation_ = 0;  // guarded by mutex_
};

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_KEY_SET_H_
