#include "common/feed/barrier.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"

namespace trellis::feed {
namespace {

absl::Status TooLate() {
  return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
               "what happened elsewhere was not known here in time");
}

}  // namespace

Barrier::Barrier(Options options, AskHead ask, db::Pool* pool)
    : options_(std::move(options)), ask_(std::move(ask)), pool_(pool) {}

absl::StatusOr<Barrier::Outcome> Barrier::Await(absl::Time deadline) {
  bool silent = false;
  {
    const std::lock_guard lock(mutex_);
    silent = silent_;
  }
  if (silent) {
    // Waits for nobody who has been away for long: the row says so, and gets young again when the feed comes back.
    TRELLIS_ASSIGN_OR_RETURN(const Progress progress, Look(deadline));
    if (progress.stale) return Outcome::kStale;
  }
  const absl::StatusOr<std::int64_t> head = Head(deadline);
  if (head.ok()) return Reach(*head, deadline);
  if (absl::Now() >= deadline) return TooLate();
  return Outcome::kUnknown;
}

// The answer to a question that was sent after this call began.
absl::StatusOr<std::int64_t> Barrier::Head(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const std::int64_t wanted = sent_ + 1;
  for (;;) {
    if (answered_ >= wanted) return answer_;
    if (!asking_) break;
    if (absl::Now() >= deadline) return TooLate();
    changed_.wait_for(lock, absl::ToChronoMicroseconds(std::min(options_.ask_limit, deadline - absl::Now())));
  }
  asking_ = true;
  const std::int64_t number = ++sent_;
  lock.unlock();
  return AskAs(number, deadline);
}

absl::StatusOr<std::int64_t> Barrier::AskAs(std::int64_t number, absl::Time deadline) {
  const absl::Time limit = absl::Now() + options_.ask_limit;
  const absl::StatusOr<std::int64_t> answer = ask_(std::min(deadline, limit));
  {
    const std::lock_guard lock(mutex_);
    asking_ = false;
    // A failure for want of this caller's time says nothing about the others' question.
    if (answer.ok() || deadline >= limit) {
      answered_ = number;
      answer_ = answer;
      silent_ = !answer.ok();
    }
  }
  changed_.notify_all();
  return answer;
}

absl::StatusOr<Barrier::Outcome> Barrier::Reach(std::int64_t head, absl::Time deadline) {
  absl::Duration pause = options_.first_look;
  while (applied_.WaitBeyond(head - 1, std::min(pause, deadline - absl::Now())) < head) {
    // Another replica may be the one that works the feed.
    TRELLIS_ASSIGN_OR_RETURN(const Progress progress, Look(deadline));
    applied_.Advance(progress.position);
    if (progress.position >= head) break;
    if (progress.stale) return Outcome::kStale;
    if (absl::Now() >= deadline) return TooLate();
    pause = std::min(pause * 2, options_.last_look);
  }
  return Outcome::kReached;
}

// Every replica's own idea of how fresh it is goes back to this row: when the row is old, all of them are stale.
absl::StatusOr<Barrier::Progress> Barrier::Look(absl::Time deadline) {
  Progress progress;
  TRELLIS_RETURN_IF_ERROR(pool_->Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row,
                             (session.QueryOne<std::int64_t, std::optional<std::int64_t>>(
                                 "SELECT position, TIMESTAMPDIFF(MICROSECOND, caught_up_time, UTC_TIMESTAMP(6)) "
                                 "FROM feed_follower WHERE feed = ?",
                                 options_.feed)));
    if (!row.has_value()) return absl::OkStatus();
    const auto& [position, age] = *row;
    progress.position = position;
    progress.stale = !age.has_value() || absl::Microseconds(*age) > options_.stale_after;
    return absl::OkStatus();
  }));
  return progress;
}

}  // namespace trellis::feed
