#include "common/access/recent_denials.h"

namespace trellis::access {

void RecentDenials::Add(const Id& organization, const Id& user, const Id& person, absl::Time now) {
  const std::lock_guard lock(mutex_);
  // They live for a moment only: when there is no room, forgetting all of them costs little.
  if (until_.size() >= capacity_) until_.clear();
  until_.insert_or_assign(Key(organization, user, person), now + life_);
}

bool RecentDenials::Contains(const Id& organization, const Id& user, const Id& person, absl::Time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = until_.find(Key(organization, user, person));
  return found != until_.end() && now < found->second;
}

}  // namespace trellis::access
