#include "common/seal/key_cache.h"

#include <utility>

namespace trellis::seal {

std::optional<SecretKey> KeyCache::Find(const KeyOwner& owner) {
  const absl::Time now = clock_.Now();
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(owner);
  if (found == entries_.end()) return std::nullopt;
  // A clock that was set back must not make a key live longer.
  if (now < found->second.until && found->second.until - now <= lifetime_) return found->second.key;
  entries_.erase(found);
  return std::nullopt;
}

void KeyCache::Put(const KeyOwner& owner, SecretKey key) {
  const absl::Time now = clock_.Now();
  std::lock_guard lock(mutex_);
  DropExpired(now);
  entries_.insert_or_assign(owner, Entry{std::move(key), now + lifetime_});
  by_age_.emplace_back(now + lifetime_, owner);
  while (by_age_.size() > most_) {
    const auto found = entries_.find(by_age_.front().second);
    if (found != entries_.end() && found->second.until == by_age_.front().first) entries_.erase(found);
    by_age_.pop_front();
  }
}

void KeyCache::Forget(const KeyOwner& owner) {
  std::lock_guard lock(mutex_);
  entries_.erase(owner);
}

void KeyCache::Sweep() {
  const absl::Time now = clock_.Now();
  std::lock_guard lock(mutex_);
  DropExpired(now);
}

std::size_t KeyCache::size() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

void KeyCache::DropExpired(absl::Time now) {
  while (!by_age_.empty() && by_age_.front().first <= now) {
    const auto found = entries_.find(by_age_.front().second);
    if (found != entries_.end() && found->second.until <= now) entries_.erase(found);
    by_age_.pop_front();
  }
}

}  // namespace trellis::seal
