// How keys of access tokens follow each other.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_KEY_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_KEY_RULES_H_

#include <optional>

#include "absl/time/time.h"

namespace trellis::identity {

// A set of keys may be kept for five minutes (Keys.GetKeySet): twice that long a new key is published before it signs.
inline constexpr absl::Duration kPublishAhead = absl::Minutes(10);
// The life of a token (five minutes) and the leeway of its verification (30 s), and some more.
inline constexpr absl::Duration kKeepAfterUse = absl::Minutes(7);

struct KeyTimes {
  absl::Time use_time;                                   // signs from then on
  std::optional<absl::Time> retire_time = std::nullopt;  // no longer published from then on
};

// Whether the newest key has signed for `life` and needs a successor.
bool NeedsSuccessor(const KeyTimes& newest, absl::Time now, absl::Duration life);

// The times of a successor made now, and when the keys before it retire. `at_once`: an emergency, all tokens that were
// signed with the earlier keys are to be refused.
struct Succession {
  absl::Time use_time;
  absl::Time retire_others;
};
Succession PlanSuccession(absl::Time now, bool at_once);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_KEY_RULES_H_
