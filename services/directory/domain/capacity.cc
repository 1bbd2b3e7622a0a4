#include "services/directory/domain/capacity.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace trellis::directory {

absl::StatusOr<Places> Restate(const Places& current, int maximum, int available) {
  if (maximum < 0 || maximum > kMostPlaces) return InvalidField("maximum", absl::StrCat("must be 0 to ", kMostPlaces));
  if (available < 0 || available > maximum) return InvalidField("available", "must be 0 to maximum");
  Places places = current;
  places.maximum = maximum;
  places.elsewhere = maximum - available - current.held - current.placed;
  if (places.elsewhere < 0) {
    return Error(absl::StatusCode::kFailedPrecondition, "CAPACITY_INCONSISTENT",
                 absl::StrCat("with ", current.held, " held and ", current.placed, " placed, at most ",
                              maximum - current.held - current.placed, " of ", maximum, " places can be free"))
        .With("held", absl::StrCat(current.held))
        .With("placed", absl::StrCat(current.placed));
  }
  return places;
}

HoldState StateAt(HoldState stored, absl::Time expire_time, absl::Time now) {
  return stored == HoldState::kActive && expire_time <= now ? HoldState::kExpired : stored;
}

absl::StatusOr<HoldState> AfterConfirm(HoldState seen) {
  switch (seen) {
    case HoldState::kActive:
    case HoldState::kConfirmed:
    case HoldState::kExpired:  // late, but welcome while a place is free: the caller looks
      return HoldState::kConfirmed;
    case HoldState::kReleased:
      break;
  }
  return Error(absl::StatusCode::kFailedPrecondition, "HOLD_RELEASED", "the hold was released: place a new one");
}

HoldState AfterRelease(HoldState seen) { return seen == HoldState::kExpired ? seen : HoldState::kReleased; }

absl::Status CheckHoldTime(absl::Duration ttl) {
  if (ttl >= kShortestHold && ttl <= kLongestHold) return absl::OkStatus();
  return InvalidField("ttl", "must be one second to 30 days");
}

}  // namespace trellis::directory
