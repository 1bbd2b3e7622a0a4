// Where the keys come from that wrap all other keys. The file implementation is file_key_ring.h; a key management
// service fills the same interface.
#ifndef TRELLIS_COMMON_SEAL_KEY_RING_H_
#define TRELLIS_COMMON_SEAL_KEY_RING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/seal/envelope.h"
#include "common/seal/secret_key.h"

namespace trellis::seal {

// A data key as it may be stored: opens only with the ring's master key `master`, and only for its owner.
struct WrappedKey {
  std::string master;  // id of the master key, at most 32 characters
  std::string bytes;   // at most 128
};

// Holds master keys by id; one of them is current. Master keys do not leave it. Each organization has a wrapping key of
// its own, so that nothing wrapped for one can be unwrapped for another. Thread-safe.
// Errors of all functions: UNAVAILABLE KEY_RING_UNAVAILABLE while the ring cannot be reached or read.
class KeyRing {
 public:
  virtual ~KeyRing() = default;

  // The ids of all master keys, the current one first. Keys are wrapped with the current one.
  virtual absl::StatusOr<std::vector<std::string>> Masters() = 0;

  virtual absl::StatusOr<WrappedKey> Wrap(const KeyOwner& owner, const SecretKey& key) = 0;

  // Errors: NOT_FOUND PERSON_ERASED (IsErased) where the owner's key was destroyed, whatever is handed in;
  // FAILED_PRECONDITION MASTER_KEY_MISSING; DATA_LOSS SEAL_BROKEN.
  virtual absl::StatusOr<SecretKey> Unwrap(const KeyOwner& owner, const WrappedKey& wrapped) = 0;

  // Never again unwraps anything for this owner; for an organization (nil person) or any of its persons. Remembered
  // apart from the databases: restoring one brings nothing back. On disk when it returns; repeating it does no harm.
  virtual absl::Status Destroy(const KeyOwner& owner) = 0;
  // Everything that was destroyed.
  virtual absl::StatusOr<std::vector<KeyOwner>> Destroyed() = 0;
};

// The answer for whoever was erased.
absl::Status ErasedError();
bool IsErased(const absl::Status& status);

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_KEY_RING_H_
