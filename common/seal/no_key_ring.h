// In the place of a key ring where none was named: a service without TLS, for tests, and commands that seal nothing.
#ifndef TRELLIS_COMMON_SEAL_NO_KEY_RING_H_
#define TRELLIS_COMMON_SEAL_NO_KEY_RING_H_

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/seal/key_ring.h"

namespace trellis::seal {

// Every function fails: UNAVAILABLE KEY_RING_UNAVAILABLE.
class NoKeyRing final : public KeyRing {
 public:
  absl::StatusOr<std::vector<std::string>> Masters() override { return Missing(); }
  absl::StatusOr<WrappedKey> Wrap(const KeyOwner&, const SecretKey&) override { return Missing(); }
  absl::StatusOr<SecretKey> Unwrap(const KeyOwner&, const WrappedKey&) override { return Missing(); }
  absl::Status Destroy(const KeyOwner&) override { return Missing(); }
  absl::StatusOr<std::vector<KeyOwner>> Destroyed() override { return Missing(); }

 private:
  static absl::Status Missing() {
    return Error(absl::StatusCode::kUnavailable, "KEY_RING_UNAVAILABLE", "no key ring was named (--key-ring)");
  }
};

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_NO_KEY_RING_H_
