// From a bearer token to the caller.
#ifndef TRELLIS_COMMON_ACCESS_TOKEN_VERIFIER_H_
#define TRELLIS_COMMON_ACCESS_TOKEN_VERIFIER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/access/key_set.h"
#include "common/access/token.h"
#include "common/base/clock.h"
#include "common/rpc/caller.h"

namespace trellis::access {

// Verified tokens by their SHA-256: a signature costs 55 us, a look-up less than one. Bounded; what was not used for
// long goes first. Only good tokens get in, so that nobody can fill it with bad ones. Thread-safe.
class TokenCache {
 public:
  explicit TokenCache(std::size_t capacity) : half_(capacity / 2 + 1) {}

  // Only entries of the key set's present generation are found.
  std::optional<TokenClaims> Find(const std::string& digest, std::uint64_t generation);
  void Put(const std::string& digest, std::uint64_t generation, const TokenClaims& claims);
  std::size_t size() const;

 private:
  struct Entry {
    std::uint64_t generation;
    TokenClaims claims;
  };
  using Entries = absl::flat_hash_map<std::string, Entry>;
  void PutLocked(const std::string& digest, Entry entry);

  const std::size_t half_;
  mutable std::mutex mutex_;
  Entries recent_;  // guarded by mutex_; when full it becomes older_, and what was older_ is forgotten
  Entries older_;   // guarded by mutex_
};

// Thread-safe.
class TokenVerifier final : public rpc::Authenticator {
 public:
  struct Options {
    std::string issuer;
    std::string audience;
    absl::Duration leeway = absl::Seconds(5);  // for clocks that differ; at most 30 s
    std::size_t cached_tokens = 20000;         // about 500 bytes each
  };
  // Error: FAILED_PRECONDITION where issuer or audience is not set or the leeway too long: without them no service
  // may start. `keys` and `clock` outlive it.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Make(Options options, KeySet* keys, const Clock* clock);

  // Errors: UNAUTHENTICATED (TOKEN_INVALID, TOKEN_EXPIRED), UNAVAILABLE (KEYS_UNAVAILABLE).
  absl::StatusOr<TokenClaims> Verify(absl::string_view token);

  absl::StatusOr<rpc::Caller> Authenticate(absl::string_view token, const rpc::Peer& peer) override;

 private:
  TokenVerifier(Options options, KeySet* keys, const Clock* clock)
      : options_(std::move(options)), keys_(keys), clock_(clock), cache_(options_.cached_tokens) {}
  absl::StatusOr<TokenClaims> VerifyAnew(absl::string_view token);

  const Options options_;
  KeySet* const keys_;
  const Clock* const clock_;
  TokenCache cache_;
};

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_TOKEN_VERIFIER_H_
