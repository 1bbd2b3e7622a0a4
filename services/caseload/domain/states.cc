#include "services/caseload/domain/states.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"

namespace trellis::caseload {
namespace {

absl::string_view NameOf(NeedState state) {
  switch (state) {
    case NeedState::kUnmet:
      return "UNMET";
    case NeedState::kInProgress:
      return "IN_PROGRESS";
    case NeedState::kMet:
      return "MET";
    case NeedState::kDropped:
      return "DROPPED";
  }
  return "UNKNOWN";
}

absl::Status Forbidden(absl::string_view what, absl::string_view from, absl::string_view to) {
  return Error(absl::StatusCode::kFailedPrecondition, "STATE_FORBIDS",
               absl::StrCat("a ", what, " does not go from ", from, " to ", to))
      .With("from", from)
      .With("to", to);
}

}  // namespace

bool AwaitsAnswer(ReferralState state) {
  return state == ReferralState::kRequested || state == ReferralState::kAccepted;
}

bool IsLive(ReferralState state) {
  return AwaitsAnswer(state) || state == ReferralState::kInProgress || state == ReferralState::kOnHold;
}

NeedState NeedStateFrom(absl::Span<const ReferralState> referrals) {
  NeedState result = NeedState::kUnmet;
  for (const ReferralState state : referrals) {
    if (state == ReferralState::kCompleted) return NeedState::kMet;
    if (IsLive(state)) result = NeedState::kInProgress;
  }
  return result;
}

absl::Status CheckSettleNeed(NeedState from, NeedState to) {
  if (from == NeedState::kUnmet || from == NeedState::kInProgress) return absl::OkStatus();
  return Forbidden("service need", NameOf(from), NameOf(to));
}

absl::Status CheckAcknowledge(AlertState from) {
  if (from == AlertState::kOpen) return absl::OkStatus();
  return Forbidden("safety alert", "ACKNOWLEDGED", "ACKNOWLEDGED");
}

absl::Status CheckClose(CaseState from, const OpenLoops& loops) {
  if (from == CaseState::kClosed) return Forbidden("case", "CLOSED", "CLOSED");
  if (loops.open_alerts > 0) {
    return Error(absl::StatusCode::kFailedPrecondition, "OPEN_ALERTS",
                 "safety alerts of the person are open: acknowledge them before the case is closed")
        .With("count", absl::StrCat(loops.open_alerts));
  }
  if (loops.unanswered_referrals > 0) {
    return Error(absl::StatusCode::kFailedPrecondition, "OPEN_REFERRALS",
                 "referrals of the person are sent or accepted and have not begun: cancel them or wait")
        .With("count", absl::StrCat(loops.unanswered_referrals));
  }
  return absl::OkStatus();
}

}  // namespace trellis::caseload
