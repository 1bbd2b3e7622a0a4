// Remembers for a moment whom identity said no to.
#ifndef TRELLIS_COMMON_ACCESS_RECENT_DENIALS_H_
#define TRELLIS_COMMON_ACCESS_RECENT_DENIALS_H_

#include <cstddef>
#include <mutex>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/id.h"

namespace trellis::access {

// Keyed by everything that the decision depends on: tenant, user, person. Bounded; thread-safe.
class RecentDenials {
 public:
  RecentDenials(absl::Duration life, std::size_t capacity) : life_(life), capacity_(capacity) {}

  void Add(const Id& organization, const Id& user, const Id& person, absl::Time now);
  bool Contains(const Id& organization, const Id& user, const Id& person, absl::Time now) const;

 private:
  using Key = std::tuple<Id, Id, Id>;

  const absl::Duration life_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<Key, absl::Time> until_;  // guarded by mutex_
};

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_RECENT_DENIALS_H_
