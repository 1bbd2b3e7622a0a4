#include "common/audit/batcher.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/audit/spool.h"
#include "common/db/pool.h"
#include "common/log/log.h"

namespace trellis::audit {

Batcher::Batcher(db::Pool* pool, Options options, std::function<void()> committed)
    : pool_(pool), options_(options), committed_(std::move(committed)) {}

void Batcher::Start() {
  for (int i = 0; i < options_.writers; ++i) threads_.emplace_back([this] { Run(); });
}

void Batcher::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Batcher::Submit(std::vector<JournalRow> rows, Done done) {
  absl::Status refusal;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      refusal = absl::UnavailableError("the audit has ended");
    } else if (waiting_.size() >= options_.most_waiting) {
      refusal = absl::ResourceExhaustedError("too many records wait to be written");
    } else {
      waiting_.push_back({std::move(rows), std::move(done)});
    }
  }
  if (!refusal.ok()) return done(refusal);
  wake_.notify_one();
}

std::vector<Batcher::Waiting> Batcher::Take() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  const auto count = static_cast<std::ptrdiff_t>(std::min(options_.batch, waiting_.size()));
  std::vector<Waiting> batch(std::make_move_iterator(waiting_.begin()),
                             std::make_move_iterator(waiting_.begin() + count));
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  return batch;
}

absl::Status Batcher::WriteAll(const std::vector<JournalRow>& rows, bool& spooled) {
  Spool* const spool = options_.spool;
  spooled = spool != nullptr && spool->database_is_away() && spool->Append(rows).ok();
  if (spooled) return absl::OkStatus();
  const absl::Status written =
      pool_->Transact(absl::Now() + options_.deadline, [&](db::Session& tx) { return Append(tx, rows); });
  if (written.ok() || spool == nullptr) return written;
  const absl::Status saved = spool->Append(rows);
  spooled = saved.ok();
  return spooled ? saved : absl::UnavailableError(absl::StrCat(written.message(), "; ", saved.message()));
}

void Batcher::Tell(const absl::Status& written, bool spooled, std::size_t records) {
  static log::RateLimit complaints(absl::Seconds(10));
  if (options_.observer != nullptr) {
    if (!written.ok()) options_.observer->OnRefused(records);
    if (written.ok()) spooled ? options_.observer->OnSpooled(records) : options_.observer->OnWritten(records);
  }
  if (written.ok() && !spooled) return;
  const auto held_back = complaints.Pass();
  if (!held_back.has_value()) return;
  if (spooled) return log::Warning("the database takes no audit records: they wait in the spool");
  log::Error("audit records cannot be written", {{"error", written}, {"suppressed", *held_back}});
}

void Batcher::Run() {
  for (std::vector<Waiting> batch = Take(); !batch.empty(); batch = Take()) {
    std::vector<JournalRow> rows;
    for (const Waiting& waiting : batch) rows.insert(rows.end(), waiting.rows.begin(), waiting.rows.end());
    bool spooled = false;
    const absl::Status written = WriteAll(rows, spooled);
    Tell(written, spooled, rows.size());
    for (const Waiting& waiting : batch) waiting.done(written);
    if (written.ok() && !spooled && committed_) committed_();
  }
}

}  // namespace trellis::audit
