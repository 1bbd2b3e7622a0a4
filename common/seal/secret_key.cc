#include "common/seal/secret_key.h"

#include <sodium.h>

#include <cstdlib>
#include <mutex>
#include <vector>

#include "common/base/error.h"

namespace trellis::seal {
namespace {

constexpr std::size_t kSlots = 16384;

// One piece of locked memory for all keys: a piece for each would cost four pages and two system calls.
class KeyMemory {
 public:
  KeyMemory() {
    if (sodium_init() < 0) std::abort();  // without randomness nothing here is worth anything
    bytes_ = static_cast<unsigned char*>(sodium_allocarray(kSlots, SecretKey::kSize));
    if (bytes_ == nullptr) std::abort();
    free_.reserve(kSlots);
    for (std::size_t slot = kSlots; slot > 0; --slot) free_.push_back(bytes_ + (slot - 1) * SecretKey::kSize);
  }

  unsigned char* Take() {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return nullptr;
    unsigned char* const slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void GiveBack(unsigned char* slot) {
    sodium_memzero(slot, SecretKey::kSize);
    std::lock_guard lock(mutex_);
    free_.push_back(slot);
  }

 private:
  unsigned char* bytes_;
  std::mutex mutex_;
  std::vector<unsigned char*> free_;  // guarded by mutex_
};

// Lives as long as the process: keys may be held by whatever ends last.
KeyMemory& Memory() {
  static KeyMemory* const memory = new KeyMemory();
  return *memory;
}

}  // namespace

absl::StatusOr<SecretKey> SecretKey::Make(absl::FunctionRef<void(unsigned char* out)> fill) {
  unsigned char* const slot = Memory().Take();
  if (slot == nullptr) {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_KEYS", "too many keys are in use; try again");
  }
  std::shared_ptr<const unsigned char> bytes(
      slot, [](const unsigned char* used) { Memory().GiveBack(const_cast<unsigned char*>(used)); });
  fill(slot);
  return SecretKey(std::move(bytes));
}

}  // namespace trellis::seal
