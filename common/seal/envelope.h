// Sealing one value with one key: XChaCha20-Poly1305 (libsodium) with a random 192-bit nonce. The associated data binds
// the value to its place, so that it opens nowhere else.
//
//   sealed = format (1 byte) | key id (4 bytes) | nonce (24) | ciphertext | tag (16)
#ifndef TRELLIS_COMMON_SEAL_ENVELOPE_H_
#define TRELLIS_COMMON_SEAL_ENVELOPE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "common/seal/secret_key.h"

namespace trellis::seal {

// Whom a key belongs to. Nil person: the organization's own key, for what belongs to no person. Nil organization: the
// installation's own.
struct KeyOwner {
  Id organization;
  Id person = {};
  friend auto operator<=>(const KeyOwner&, const KeyOwner&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const KeyOwner& owner) {
    return H::combine(std::move(h), owner.organization, owner.person);
  }
};

// Where a value stands. All of it is authenticated: a value that was moved to another row, column, table, person or
// organization does not open.
struct Place {
  KeyOwner owner;
  absl::string_view table;
  absl::string_view column;
  std::string row;  // what names the row inside the organization: the bytes of its id, or of several
};

// How much longer than its content a sealed value is.
inline constexpr std::size_t kSealOverhead = 45;

// Thread-safe, like everything here.
std::string SealWith(const SecretKey& key, const Place& place, absl::string_view content, RandomSource& random);

// Error: DATA_LOSS SEAL_BROKEN where the value was not sealed with this key for this place, or is damaged.
absl::StatusOr<std::string> OpenWith(const SecretKey& key, const Place& place, absl::string_view sealed);

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_ENVELOPE_H_
