#include "services/identity/domain/session_rules.h"

namespace trellis::identity {

bool GoesOn(const SessionState& session, absl::Time now) {
  return !session.ended && now < session.expire_time && now < session.refresh_time + kSessionIdle;
}

Refresh JudgeRefresh(const SessionState& session, const ShownToken& token, absl::Time now) {
  if (!GoesOn(session, now)) return Refresh::kTooLate;
  if (!token.use_time.has_value()) return Refresh::kNext;
  // Only the immediate predecessor of a token that nobody has used yet.
  const bool predecessor = token.generation + 1 == session.generation;
  return predecessor && now <= *token.use_time + kRefreshGrace ? Refresh::kRepeat : Refresh::kTheft;
}

}  // namespace trellis::identity
