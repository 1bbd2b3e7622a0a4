// Applies another service's events to this service's schema: each exactly once, in order.
#ifndef TRELLIS_COMMON_FEED_FOLLOWER_H_
#define TRELLIS_COMMON_FEED_FOLLOWER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/feed/source.h"

namespace trellis::db {
class Pool;
class Session;
}  // namespace trellis::db

namespace trellis::feed {

// The effect of one event, written into `tx`, which also holds the new position. OK for events that do not concern the
// service. May run again with the same event when the transaction is repeated: no effects outside of `tx`.
using Handler = std::function<absl::Status(db::Session& tx, const events::v1::Event& event)>;

// Hears how a follower gets on, for log and metrics. Called on the follower's thread.
class FollowerObserver {
 public:
  virtual ~FollowerObserver() = default;
  virtual void OnApplied(int /*events*/, std::int64_t /*position*/) {}
  // Age of the oldest event that is not applied yet; zero when up to date.
  virtual void OnLag(absl::Duration /*lag*/) {}
  // Reading or applying failed and will be repeated.
  virtual void OnFailure(const absl::Status& /*status*/) {}
  // One event has failed again and again; nothing after it is applied until it succeeds.
  virtual void OnParked(bool /*parked*/, std::int64_t /*position*/) {}
  // At `as_of` this schema held everything that the feed had to tell, no matter which replica applied it.
  virtual void OnCaughtUp(absl::Time /*as_of*/) {}
};

// Of all replicas of a service one works a feed at a time: who holds the lease row. Every commit names the lease's
// fencing number, so one who lost the lease without noticing commits nothing. Start, Stop: once each.
class Follower {
 public:
  struct Options {
    std::string feed;  // "identity"
    Id owner;          // of this process, random
    absl::Duration lease = absl::Seconds(5);
    absl::Duration wait = absl::Seconds(1);       // long poll; well below the lease and below Freshness's bound
    int batch = 200;                              // events in one transaction
    absl::Duration deadline = absl::Seconds(10);  // of one transaction
    absl::Duration first_retry = absl::Milliseconds(50);
    absl::Duration last_retry = absl::Seconds(5);
    int park_after = 10;  // failures of one event in a row
    absl::Duration parked_retry = absl::Seconds(30);
  };
  // What one round did.
  enum class Round { kApplied, kCaughtUp, kStandingBy, kFailed };

  Follower(Options options, EventSource* source, db::Pool* pool, Handler handler, FollowerObserver* observer = nullptr,
           const Clock& clock = SystemClock());
  ~Follower();

  void Start();
  // Lets the transaction at hand finish, gives the lease back.
  void Stop();

  // One round: take or keep the lease, read, apply one batch. What the thread does again and again.
  Round RunOnce();
  bool parked() const { return parked_; }

 private:
  struct Lease {
    std::int64_t fence;
    std::int64_t position;
  };

  void Run();
  absl::Duration PauseAfter(Round round) const;
  absl::StatusOr<bool> TakeLease();
  Round StandBy();
  Round CaughtUp(const EventBatch& batch, absl::Time as_of);
  Round Apply(const EventBatch& batch, absl::Time as_of);
  absl::Status KeepLease(db::Session& tx, std::int64_t position, std::optional<absl::Time> as_of);
  void Succeed(absl::Time as_of);
  Round Fail(const absl::Status& status);
  void NoteBadEvent(int events);
  void ReleaseLease();
  bool Stopping();
  std::int64_t LeaseMicros() const;

  const Options options_;
  EventSource* const source_;
  db::Pool* const pool_;
  const Handler handler_;
  FollowerObserver& observer_;
  const Clock& clock_;

  // Of the follower's thread alone.
  absl::Time up_to_date_at_;
  bool row_exists_ = false;
  std::optional<Lease> lease_;
  int failures_ = 0;   // rounds in a row
  int careful_ = 0;    // that many events are applied one by one
  int bad_tries_ = 0;  // failures of the next event, applied alone

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::atomic<bool> parked_ = false;
};

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_FOLLOWER_H_
