#include "services/identity/api/password_hasher.h"

#include <sys/resource.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/functional/function_ref.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace trellis::identity {
namespace {

absl::Status Busy() {
  return Error(absl::StatusCode::kResourceExhausted, "SIGN_IN_BUSY", "Too many are signing in at once. Try again.")
      .RetryAfter(absl::Seconds(1));
}

// A tenth of what a thread that serves calls gets, where both want the core: a crowd that signs in slows itself down.
constexpr int kNiceness = 10;

void BehindAllOthers(absl::FunctionRef<void()> work) {
  std::thread([&] {
    setpriority(PRIO_PROCESS, 0, kNiceness);  // on Linux: of this thread alone
    work();
  }).join();
}

}  // namespace

absl::StatusOr<std::string> PasswordHasher::Hash(absl::string_view password, absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(const Slot slot, Enter(deadline));
  absl::StatusOr<std::string> hash;
  BehindAllOthers([&] { hash = crypto::HashPassword(password, random_, options_.hashing); });
  return hash;
}

absl::StatusOr<bool> PasswordHasher::Verify(absl::string_view hash, absl::string_view password, absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(const Slot slot, Enter(deadline));
  return Verify(slot, hash, password);
}

bool PasswordHasher::Verify(const Slot&, absl::string_view hash, absl::string_view password) {
  bool right = false;
  BehindAllOthers([&] { right = crypto::VerifyPassword(hash, password); });
  return right;
}

void PasswordHasher::VerifyNothing(const Slot&, absl::string_view password) {
  std::call_once(nothing_once_, [this] {
    auto hash = crypto::HashPassword(random_.Bytes(32), random_, options_.hashing);
    if (hash.ok()) nothing_ = *std::move(hash);
  });
  BehindAllOthers([&] { static_cast<void>(crypto::VerifyPassword(nothing_, password)); });
}

bool PasswordHasher::IsFull(bool first) const {
  const int ahead = first ? static_cast<int>(going_first_.size()) : waiting_;
  return running_ >= options_.at_once && ahead >= options_.waiting;
}

absl::Status PasswordHasher::CheckRoom() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return IsFull(/*first=*/false) ? Busy() : absl::OkStatus();
}

absl::StatusOr<PasswordHasher::Slot> PasswordHasher::Enter(absl::Time deadline, const std::string& known_as) {
  const absl::Time until = std::min(deadline, absl::Now() + absl::Minutes(1));
  std::unique_lock<std::mutex> lock(mutex_);
  const bool first = !known_as.empty() && !going_first_.contains(known_as);
  if (IsFull(first)) return Busy();
  if (first) going_first_.insert(known_as);
  if (!first) ++waiting_;
  const bool entered = turn_.wait_until(lock, absl::ToChronoTime(until), [&] { return MayEnter(first); });
  if (first) going_first_.erase(known_as);
  if (!first) --waiting_;
  if (!entered) {
    turn_.notify_all();  // it may have kept others back
    return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "Signing in took too long. Try again.");
  }
  ++running_;
  return Slot(this);
}

void PasswordHasher::Leave() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    --running_;
  }
  turn_.notify_all();  // whoever is woken may have to let another go first
}

}  // namespace trellis::identity
