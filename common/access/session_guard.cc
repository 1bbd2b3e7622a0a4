#include "common/access/session_guard.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace trellis::access {
namespace {

// Longer than any token lives (kMaxTokenLife), whatever the clocks of two machines say.
constexpr absl::Duration kRemember = absl::Minutes(10);
// Longer than a transaction lasts: a row may become visible that much later than it says.
constexpr absl::Duration kOverlap = absl::Seconds(30);
constexpr absl::Duration kStale = absl::Seconds(5);
constexpr absl::Duration kLongestQuery = absl::Seconds(2);
constexpr absl::Duration kPauseAfterSilence = absl::Seconds(1);

absl::Status Ended() { return Error(absl::StatusCode::kUnauthenticated, "SESSION_ENDED", "the session is over"); }

absl::Status Unknown() {
  return Error(absl::StatusCode::kUnavailable, "SESSION_UNKNOWN",
               "nobody can say at the moment whether you are signed in")
      .RetryAfter(absl::Seconds(1));
}

std::int64_t NowMicros() { return absl::ToUnixMicros(absl::Now()); }

}  // namespace

absl::Status SessionGuard::Check(rpc::CallContext& call) {
  if (call.caller().kind != rpc::Caller::Kind::kUser) return absl::OkStatus();
  if (KnowsEnded(call.caller())) return Ended();
  return IsStale() ? AskWhileStale(call) : absl::OkStatus();
}

absl::Status SessionGuard::CheckTruth(rpc::CallContext& call) {
  if (KnowsEnded(call.caller())) return Ended();
  if (ask_ != nullptr) {
    const absl::Status answer = ask_(call);
    return answer.ok() || absl::IsUnauthenticated(answer) ? answer : Unknown();
  }
  bool revoked = true;
  const absl::Time deadline = std::min(call.deadline(), absl::Now() + kLongestQuery);
  const absl::Status read = pool_->Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(revoked, IsRevoked(session, call.caller()));
    return absl::OkStatus();
  });
  if (!read.ok()) return Unknown();
  return revoked ? Ended() : absl::OkStatus();
}

// A peer that does not answer is not asked by every call: that would hold up all workers.
absl::Status SessionGuard::AskWhileStale(rpc::CallContext& call) {
  if (NowMicros() < ask_again_micros_) return absl::OkStatus();
  const absl::Status truth = CheckTruth(call);
  if (truth.ok() || absl::IsUnauthenticated(truth)) return truth;
  ask_again_micros_ = NowMicros() + absl::ToInt64Microseconds(kPauseAfterSilence);
  return absl::OkStatus();
}

bool SessionGuard::KnowsEnded(const rpc::Caller& caller) const {
  const std::shared_lock lock(mutex_);
  if (ended_.empty()) return false;
  if (ended_.contains(caller.session)) return true;
  const auto user = ended_.find(caller.user);
  return user != ended_.end() && caller.issue_time < user->second.issued_before;
}

bool SessionGuard::IsStale() const {
  if (NowMicros() - refreshed_micros_ > absl::ToInt64Microseconds(kStale)) return true;
  return freshness_ != nullptr && freshness_->IsStale(clock_->Now());
}

void SessionGuard::Remember(const std::vector<Revocation>& revocations) {
  const absl::Time forget = absl::Now() + kRemember;
  const std::unique_lock lock(mutex_);
  for (const Revocation& revocation : revocations) {
    if (!revocation.session.is_nil()) {
      ended_[revocation.session] = {absl::InfiniteFuture(), forget};
    } else if (revocation.issued_before.has_value()) {
      Entry& entry = ended_.try_emplace(revocation.user, Entry{*revocation.issued_before, forget}).first->second;
      entry.issued_before = std::max(entry.issued_before, *revocation.issued_before);
      entry.forget = forget;
    }
  }
}

absl::Status SessionGuard::Refresh(absl::Time deadline) {
  const absl::Time now = absl::Now();
  const absl::Time last = absl::FromUnixMicros(refreshed_micros_);
  std::vector<Revocation> revocations;
  TRELLIS_RETURN_IF_ERROR(pool_->Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(revocations, LoadRevocations(session, std::min(now - last + kOverlap, kRemember)));
    return absl::OkStatus();
  }));
  Remember(revocations);
  refreshed_micros_ = absl::ToUnixMicros(now);
  const std::unique_lock lock(mutex_);
  absl::erase_if(ended_, [&](const auto& item) { return item.second.forget < now; });
  return absl::OkStatus();
}

absl::Status SessionGuard::Purge(absl::Time deadline) {
  return pool_->Transact(deadline, [](db::Session& tx) { return PurgeRevocations(tx, kRemember + kRemember); });
}

std::size_t SessionGuard::size() const {
  const std::shared_lock lock(mutex_);
  return ended_.size();
}

}  // namespace trellis::access
