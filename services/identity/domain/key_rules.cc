#include "services/identity/domain/key_rules.h"

namespace trellis::identity {

bool NeedsSuccessor(const KeyTimes& newest, absl::Time now, absl::Duration life) {
  return newest.retire_time.has_value() || now >= newest.use_time + life;
}

Succession PlanSuccession(absl::Time now, bool at_once) {
  if (at_once) return {now, now};
  return {now + kPublishAhead, now + kPublishAhead + kKeepAfterUse};
}

}  // namespace trellis::identity
