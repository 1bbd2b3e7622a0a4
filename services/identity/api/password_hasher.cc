#include "services/identity/api/password_hasher.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace trellis::identity {
namespace {

absl::Status Busy() {
  return Error(absl::StatusCode::kResourceExhausted, "SIGN_IN_BUSY", "Too many are signing in at once. Try again.")
      .RetryAfter(absl::Seconds(1));
}

}  // namespace

absl::StatusOr<std::string> PasswordHasher::Hash(absl::string_view password, absl::Time deadline) {
  std::string hash;
  TRELLIS_RETURN_IF_ERROR(InTurn(deadline, Turn::kUsual, [&]() -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(hash, crypto::HashPassword(password, random_, options_.hashing));
    return absl::OkStatus();
  }));
  return hash;
}

absl::StatusOr<bool> PasswordHasher::Verify(absl::string_view hash, absl::string_view password, absl::Time deadline,
                                            Turn turn) {
  bool right = false;
  TRELLIS_RETURN_IF_ERROR(InTurn(deadline, turn, [&] {
    right = crypto::VerifyPassword(hash, password);
    return absl::OkStatus();
  }));
  return right;
}

absl::Status PasswordHasher::VerifyNothing(absl::string_view password, absl::Time deadline, Turn turn) {
  return InTurn(deadline, turn, [&] {
    std::call_once(nothing_once_, [this] {
      auto hash = crypto::HashPassword(random_.Bytes(32), random_, options_.hashing);
      if (hash.ok()) nothing_ = *std::move(hash);
    });
    static_cast<void>(crypto::VerifyPassword(nothing_, password));
    return absl::OkStatus();
  });
}

absl::Status PasswordHasher::InTurn(absl::Time deadline, Turn turn, absl::FunctionRef<absl::Status()> work) {
  TRELLIS_RETURN_IF_ERROR(Enter(deadline, turn));
  absl::Status status = work();
  Leave();
  return status;
}

bool PasswordHasher::MayEnter(Turn turn) const {
  const bool let_others_go_first = turn == Turn::kUsual && waiting_[static_cast<int>(Turn::kFirst)] > 0;
  return running_ < options_.at_once && !let_others_go_first;
}

absl::Status PasswordHasher::Enter(absl::Time deadline, Turn turn) {
  int& waiting = waiting_[static_cast<int>(turn)];
  std::unique_lock<std::mutex> lock(mutex_);
  if (running_ >= options_.at_once && waiting >= options_.waiting) return Busy();
  ++waiting;
  const bool entered = turn_.wait_until(lock, absl::ToChronoTime(std::min(deadline, absl::Now() + absl::Minutes(1))),
                                        [this, turn] { return MayEnter(turn); });
  --waiting;
  if (!entered) {
    return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "Signing in took too long. Try again.");
  }
  ++running_;
  return absl::OkStatus();
}

void PasswordHasher::Leave() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    --running_;
  }
  turn_.notify_all();  // whoever is woken may have to let another go first
}

}  // namespace trellis::identity
