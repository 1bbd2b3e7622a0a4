// Keys in memory: 32 bytes that never reach swap space or a core dump and are wiped when nobody needs them any more.
#ifndef TRELLIS_COMMON_SEAL_SECRET_KEY_H_
#define TRELLIS_COMMON_SEAL_SECRET_KEY_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace trellis::seal {

// A handle; copies share the key. Thread-safe like a const object. The bytes lie in locked memory that the whole
// process shares (16,384 keys).
class SecretKey {
 public:
  static constexpr std::size_t kSize = 32;

  // A key that `fill` writes. Error: RESOURCE_EXHAUSTED where there is no place for one more.
  static absl::StatusOr<SecretKey> Make(absl::FunctionRef<void(unsigned char* out)> fill);

  const unsigned char* data() const { return bytes_.get(); }

 private:
  explicit SecretKey(std::shared_ptr<const unsigned char> bytes) : bytes_(std::move(bytes)) {}

  std::shared_ptr<const unsigned char> bytes_;
};

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_SECRET_KEY_H_
