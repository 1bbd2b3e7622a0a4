#include "common/feed/follower.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/testing/fault_point.h"

namespace trellis::feed {
namespace {

constexpr char kLeaseLost[] = "LEASE_LOST";

absl::Status LeaseLost() {
  return Error(absl::StatusCode::kAborted, kLeaseLost, "another replica works this feed now");
}

// Failures that pass by themselves; they never make an event a bad one.
bool IsPassing(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kResourceExhausted:
      return true;
    default:
      return false;
  }
}

absl::Time OccurTimeOf(const events::v1::Event& event) {
  return absl::FromUnixSeconds(event.occur_time().seconds()) + absl::Nanoseconds(event.occur_time().nanos());
}

FollowerObserver& Nobody() {
  static FollowerObserver nobody;
  return nobody;
}

}  // namespace

Follower::Follower(Options options, EventSource* source, db::Pool* pool, Handler handler, FollowerObserver* observer,
                   const Clock& clock)
    : options_(std::move(options)),
      source_(source),
      pool_(pool),
      handler_(std::move(handler)),
      observer_(observer != nullptr ? *observer : Nobody()),
      clock_(clock),
      up_to_date_at_(clock.Now()) {}

Follower::~Follower() { Stop(); }

void Follower::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Follower::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  source_->Cancel();
  if (thread_.joinable()) thread_.join();
}

void Follower::Run() {
  absl::Duration pause = absl::ZeroDuration();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, absl::ToChronoMicroseconds(pause), [&] { return stopping_; });
      if (stopping_) break;
    }
    pause = PauseAfter(RunOnce());
  }
  ReleaseLease();
}

absl::Duration Follower::PauseAfter(Round round) const {
  switch (round) {
    case Round::kApplied:
    case Round::kCaughtUp:
      return absl::ZeroDuration();
    case Round::kStandingBy:
      return options_.wait;
    case Round::kFailed:
      break;
  }
  if (parked_) return options_.parked_retry;
  return std::min(options_.last_retry, options_.first_retry * (1 << std::min(failures_, 10)));
}

Follower::Round Follower::RunOnce() {
  if (!lease_.has_value()) {
    const absl::StatusOr<bool> taken = TakeLease();
    if (!taken.ok()) return Fail(taken.status());
    if (!*taken) return StandBy();
  }
  const absl::Time sent = clock_.Now();
  // After a bad event one at a time, so that all before it get through.
  const absl::StatusOr<EventBatch> batch =
      source_->Read(lease_->position, careful_ > 0 ? 1 : options_.batch, options_.wait);
  if (!batch.ok()) return Fail(batch.status());
  if (batch->events.empty()) {
    return CaughtUp(*batch, std::min(clock_.Now(), sent + options_.wait));
  }
  return Apply(*batch, sent);
}

absl::StatusOr<bool> Follower::TakeLease() {
  std::optional<Lease> lease;
  TRELLIS_RETURN_IF_ERROR(pool_->Transact(absl::Now() + options_.deadline, [&](db::Session& tx) -> absl::Status {
    lease.reset();
    if (!row_exists_) {
      TRELLIS_RETURN_IF_ERROR(tx.Execute("INSERT INTO feed_follower (feed, owner, fence, lease_until, position) "
                                         "VALUES (?, ?, 0, UTC_TIMESTAMP(6), 0) ON DUPLICATE KEY UPDATE fence = fence",
                                         options_.feed, Id())
                                  .status());
    }
    TRELLIS_ASSIGN_OR_RETURN(const std::int64_t rows,
                             tx.Execute("UPDATE feed_follower SET owner = ?, fence = fence + 1, "
                                        "lease_until = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND "
                                        "WHERE feed = ? AND (owner = ? OR lease_until <= UTC_TIMESTAMP(6))",
                                        options_.owner, LeaseMicros(), options_.feed, options_.owner));
    if (rows == 0) return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(const auto row,
                             (tx.QueryOne<std::int64_t, std::int64_t>(
                                 "SELECT fence, position FROM feed_follower WHERE feed = ?", options_.feed)));
    if (!row.has_value()) return absl::InternalError("the follower's row is gone");
    lease = Lease{std::get<0>(*row), std::get<1>(*row)};
    return absl::OkStatus();
  }));
  row_exists_ = true;
  lease_ = lease;
  return lease_.has_value();
}

// Another replica works the feed. What it has reached holds for this one too: they share the schema.
Follower::Round Follower::StandBy() {
  const absl::Time asked = clock_.Now();
  std::optional<std::int64_t> age;
  const absl::Status status = pool_->Read(absl::Now() + options_.deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::optional<std::int64_t>>(
                                                 "SELECT TIMESTAMPDIFF(MICROSECOND, caught_up_time, UTC_TIMESTAMP(6)) "
                                                 "FROM feed_follower WHERE feed = ?",
                                                 options_.feed));
    age = row.has_value() ? std::get<0>(*row) : std::nullopt;
    return absl::OkStatus();
  });
  if (!status.ok()) return Fail(status);
  if (age.has_value()) observer_.OnCaughtUp(asked - absl::Microseconds(*age));
  careful_ = 0;
  if (parked_.exchange(false)) observer_.OnParked(false, 0);
  return Round::kStandingBy;
}

// Nothing came: keeps the lease, and tells the other replicas as of when this schema is complete.
Follower::Round Follower::CaughtUp(const EventBatch& batch, absl::Time as_of) {
  if (batch.head < lease_->position) {
    return Fail(absl::DataLossError(absl::StrCat("the feed ", options_.feed, " ends at ", batch.head, ", but ",
                                                 lease_->position, " was applied before")));
  }
  const absl::Status status = pool_->Transact(absl::Now() + options_.deadline, [&](db::Session& tx) -> absl::Status {
    return KeepLease(tx, lease_->position, as_of);
  });
  if (!status.ok()) return Fail(status);
  Succeed(as_of);
  return Round::kCaughtUp;
}

Follower::Round Follower::Apply(const EventBatch& batch, absl::Time as_of) {
  const std::int64_t last = batch.events.back().position();
  const bool complete = last == batch.head;
  const absl::Status status = pool_->Transact(absl::Now() + options_.deadline, [&](db::Session& tx) -> absl::Status {
    // First: the row's lock keeps every other replica out until this transaction ends.
    TRELLIS_RETURN_IF_ERROR(KeepLease(tx, last, complete ? std::optional(as_of) : std::nullopt));
    std::int64_t position = lease_->position;
    for (const events::v1::Event& event : batch.events) {
      if (event.position() != ++position) {
        return absl::DataLossError(
            absl::StrCat("the feed ", options_.feed, " has ", event.position(), " where ", position, " should be"));
      }
      TRELLIS_RETURN_IF_ERROR(handler_(tx, event));
    }
    return testing::FaultPoint("feed.before_commit");
  });
  if (!status.ok()) {
    if (!IsPassing(status)) NoteBadEvent(static_cast<int>(batch.events.size()));
    return Fail(status);
  }
  lease_->position = last;
  if (careful_ > 0) --careful_;
  bad_tries_ = 0;
  if (parked_.exchange(false)) observer_.OnParked(false, last);
  observer_.OnApplied(static_cast<int>(batch.events.size()), last);
  if (complete) {
    Succeed(as_of);
  } else {
    failures_ = 0;
    observer_.OnLag(std::max(absl::ZeroDuration(), clock_.Now() - OccurTimeOf(batch.events.back())));
  }
  return Round::kApplied;
}

// Moves the position, renews the lease and, where `as_of` is given, notes that the schema was complete then.
absl::Status Follower::KeepLease(db::Session& tx, std::int64_t position, std::optional<absl::Time> as_of) {
  std::optional<std::int64_t> age;
  if (as_of.has_value()) age = std::max<std::int64_t>(0, absl::ToInt64Microseconds(clock_.Now() - *as_of));
  TRELLIS_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      tx.Execute("UPDATE feed_follower SET position = ?, lease_until = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, "
                 "caught_up_time = COALESCE(UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND, caught_up_time) "
                 "WHERE feed = ? AND fence = ? AND position = ?",
                 position, LeaseMicros(), age, options_.feed, lease_->fence, lease_->position));
  return rows == 1 ? absl::OkStatus() : LeaseLost();
}

void Follower::Succeed(absl::Time as_of) {
  failures_ = 0;
  up_to_date_at_ = as_of;
  observer_.OnLag(absl::ZeroDuration());
  observer_.OnCaughtUp(as_of);
}

// Whatever happened, the truth is in the row: the next round reads it again, position included.
Follower::Round Follower::Fail(const absl::Status& status) {
  // Told to end while it waited: the lease is still good and will be given back.
  if (absl::IsCancelled(status) && Stopping()) return Round::kFailed;
  lease_.reset();
  if (ReasonOf(status) == kLeaseLost) return Round::kStandingBy;
  ++failures_;
  observer_.OnFailure(status);
  observer_.OnLag(clock_.Now() - up_to_date_at_);
  return Round::kFailed;
}

void Follower::NoteBadEvent(int events) {
  if (careful_ == 0) {
    careful_ = events;
    bad_tries_ = 0;
  }
  if (events > 1 || ++bad_tries_ < options_.park_after || parked_) return;
  parked_ = true;
  observer_.OnParked(true, lease_->position + 1);
}

void Follower::ReleaseLease() {
  if (!lease_.has_value()) return;
  // Best effort: it runs out by itself.
  static_cast<void>(pool_->Transact(absl::Now() + options_.deadline, [&](db::Session& tx) {
    return tx
        .Execute("UPDATE feed_follower SET lease_until = UTC_TIMESTAMP(6) WHERE feed = ? AND fence = ?", options_.feed,
                 lease_->fence)
        .status();
  }));
  lease_.reset();
}

bool Follower::Stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::int64_t Follower::LeaseMicros() const { return absl::ToInt64Microseconds(options_.lease); }

}  // namespace trellis::feed
