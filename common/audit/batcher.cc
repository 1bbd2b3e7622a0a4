#include "common/audit/batcher.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
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

absl::Status Batcher::WriteAll(const std::vector<Waiting>& batch) {
  std::vector<JournalRow> rows;
  for (const Waiting& waiting : batch) rows.insert(rows.end(), waiting.rows.begin(), waiting.rows.end());
  return pool_->Transact(absl::Now() + options_.deadline, [&](db::Session& tx) { return Append(tx, rows); });
}

void Batcher::Run() {
  static log::RateLimit complaints(absl::Seconds(10));
  for (std::vector<Waiting> batch = Take(); !batch.empty(); batch = Take()) {
    const absl::Status written = WriteAll(batch);
    if (!written.ok()) {
      if (const auto held_back = complaints.Pass()) {
        log::Error("audit records cannot be written", {{"error", written}, {"suppressed", *held_back}});
      }
    }
    for (const Waiting& waiting : batch) waiting.done(written);
    if (written.ok() && committed_) committed_();
  }
}

}  // namespace trellis::audit
