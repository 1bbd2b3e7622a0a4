#include "common/feed/sequencer.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/log/log.h"

namespace trellis::feed {

Sequencer::Sequencer(db::Pool* pool, HeadSignal* signal, Options options)
    : pool_(pool), signal_(signal), options_(options) {}

Sequencer::~Sequencer() { Stop(); }

void Sequencer::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Sequencer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Sequencer::Notify() {
  {
    const std::lock_guard lock(mutex_);
    if (noticed_) return;
    noticed_ = true;
  }
  changed_.notify_all();
}

bool Sequencer::WaitForNotice(absl::Duration pause) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMicroseconds(pause), [&] { return noticed_ || stopping_; });
  const bool noticed = noticed_;
  // Many commits come together; a moment's patience gives all of them their places in one transaction.
  if (noticed) changed_.wait_for(lock, absl::ToChronoMicroseconds(options_.gather), [&] { return stopping_; });
  noticed_ = false;
  return !stopping_;
}

void Sequencer::Run() {
  static log::RateLimit warnings(absl::Seconds(10));
  absl::Duration pause = absl::ZeroDuration();
  while (WaitForNotice(pause)) {
    const absl::StatusOr<int> assigned = SequenceOnce();
    if (!assigned.ok()) {
      if (const auto held_back = warnings.Pass()) {
        log::Warning("events wait for their positions", {{"error", assigned.status()}, {"suppressed", *held_back}});
      }
      pause = options_.idle;
    } else if (*assigned >= options_.batch) {
      pause = absl::ZeroDuration();
    } else if (*assigned > 0) {
      pause = options_.busy;
    } else {
      pause = std::clamp(pause * 2, options_.busy, options_.idle);
    }
  }
}

absl::StatusOr<int> Sequencer::SequenceOnce() { return SequenceBatch(absl::Now() + options_.deadline); }

// A batch that is not full took all that there was when its transaction looked.
absl::StatusOr<std::int64_t> Sequencer::SequenceAll(absl::Time deadline) {
  for (;;) {
    TRELLIS_ASSIGN_OR_RETURN(const int assigned, SequenceBatch(deadline));
    if (assigned < options_.batch) return signal_->head();
  }
}

absl::StatusOr<int> Sequencer::SequenceBatch(absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(const bool work, LookForWork(deadline));
  if (!work) return 0;
  int assigned = 0;
  std::int64_t head = 0;
  TRELLIS_RETURN_IF_ERROR(pool_->Transact(deadline, [&](db::Session& tx) { return AssignPlaces(tx, assigned, head); }));
  signal_->Advance(head);
  return assigned;
}

// Also learns what sequencers of other replicas have done. Takes no lock: most rounds find nothing.
absl::StatusOr<bool> Sequencer::LookForWork(absl::Time deadline) {
  std::int64_t head = 0;
  bool work = false;
  TRELLIS_RETURN_IF_ERROR(pool_->Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(
        const auto row,
        (session.QueryOne<std::int64_t, std::int64_t>(
            "SELECT h.position, EXISTS (SELECT 1 FROM event e WHERE e.position IS NULL) FROM feed_head h "
            "WHERE h.id = 1")));
    if (!row.has_value()) return absl::InternalError("feed_head has no row");
    head = std::get<0>(*row);
    work = std::get<1>(*row) != 0;
    return absl::OkStatus();
  }));
  signal_->Advance(head);
  return work;
}

absl::Status Sequencer::AssignPlaces(db::Session& tx, int& assigned, std::int64_t& head) {
  assigned = 0;
  // From here to the commit no other sequencer gives out places; what is read after this line holds all that they did.
  TRELLIS_ASSIGN_OR_RETURN(const auto row,
                           tx.QueryOne<std::int64_t>("SELECT position FROM feed_head WHERE id = 1 FOR UPDATE"));
  if (!row.has_value()) return absl::InternalError("feed_head has no row");
  head = std::get<0>(*row);
  TRELLIS_ASSIGN_OR_RETURN(
      const auto waiting,
      tx.Query<Id>("SELECT event_id FROM event WHERE position IS NULL ORDER BY write_time, event_id LIMIT ?",
                   options_.batch));
  for (const auto& [event] : waiting) {
    TRELLIS_ASSIGN_OR_RETURN(
        const std::int64_t rows,
        tx.Execute("UPDATE event SET position = ? WHERE event_id = ? AND position IS NULL", ++head, event));
    if (rows != 1) return absl::InternalError(absl::StrCat("event ", event.ToString(), " has a position already"));
    ++assigned;
  }
  return tx.Execute("UPDATE feed_head SET position = ? WHERE id = 1", head).status();
}

}  // namespace trellis::feed
