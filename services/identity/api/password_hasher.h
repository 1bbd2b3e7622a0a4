// Hashing of passwords, bounded: each hash takes 64 MiB and a core for a good while, so nobody may start them at will.
#ifndef TRELLIS_SERVICES_IDENTITY_API_PASSWORD_HASHER_H_
#define TRELLIS_SERVICES_IDENTITY_API_PASSWORD_HASHER_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/crypto/password.h"

namespace trellis::identity {

// Thread-safe. Hashes run behind all other work of the machine, on threads of their own. At most `at_once` of them run,
// at most `waiting` callers wait for their turn, and as many of those who go first; any more get RESOURCE_EXHAUSTED
// (SIGN_IN_BUSY) at once, and who waits until `deadline` DEADLINE_EXCEEDED.
class PasswordHasher {
 public:
  struct Options {
    crypto::PasswordHashing hashing;
    int at_once = 2;
    int waiting = 8;
  };

  PasswordHasher(const Options& options, RandomSource& random) : options_(options), random_(random) {}

  // The right to hash once; whoever has it waits no more. Given back at its end. Movable.
  class Slot {
   public:
    explicit Slot(PasswordHasher* hasher) : hasher_(hasher) {}
    Slot(Slot&& other) noexcept : hasher_(std::exchange(other.hasher_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (hasher_ != nullptr) hasher_->Leave();
    }

   private:
    PasswordHasher* hasher_;
  };
  // known_as: what the caller is known by from before; empty: a stranger. Whoever is known does not wait for a crowd of
  // strangers, once at a time: who tries more often at once is a crowd too.
  absl::StatusOr<Slot> Enter(absl::Time deadline, const std::string& known_as = "");
  // What Enter would say to a stranger at this moment: SIGN_IN_BUSY. For refusing a crowd before it has cost anything
  // else.
  absl::Status CheckRoom();

  bool Verify(const Slot& slot, absl::string_view hash, absl::string_view password);
  // Takes as long as Verify of a hash made with the present parameters.
  void VerifyNothing(const Slot& slot, absl::string_view password);
  // In one step, waiting included.
  absl::StatusOr<std::string> Hash(absl::string_view password, absl::Time deadline);
  absl::StatusOr<bool> Verify(absl::string_view hash, absl::string_view password, absl::Time deadline);
  bool NeedsRehash(absl::string_view hash) const { return crypto::NeedsRehash(hash, options_.hashing); }

 private:
  bool MayEnter(bool first) const { return running_ < options_.at_once && (first || going_first_.empty()); }
  bool IsFull(bool first) const;  // with mutex_ held
  void Leave();

  const Options options_;
  RandomSource& random_;
  std::mutex mutex_;
  std::condition_variable turn_;
  int running_ = 0;                              // guarded by mutex_
  int waiting_ = 0;                              // guarded by mutex_; in the usual order
  std::unordered_set<std::string> going_first_;  // guarded by mutex_; waiting, by what they are known by
  std::once_flag nothing_once_;
  std::string nothing_;  // a hash that no password has; set once
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PASSWORD_HASHER_H_
