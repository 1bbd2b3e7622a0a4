// The arithmetic of places and the way of a hold. At every moment
//   maximum = available + held + placed + elsewhere, and none of them is negative.
// The database holds the same rule as a CHECK.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_CAPACITY_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_CAPACITY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace trellis::directory {

inline constexpr int kMostPlaces = 100'000;
inline constexpr absl::Duration kDefaultHold = absl::Hours(72);
inline constexpr absl::Duration kShortestHold = absl::Seconds(1);
inline constexpr absl::Duration kLongestHold = absl::Hours(24 * 30);

struct Places {
  int maximum = 0;
  int elsewhere = 0;  // taken by people whose way did not lead through this installation
  int held = 0;
  int placed = 0;
  int available() const { return maximum - elsewhere - held - placed; }
  friend bool operator==(const Places&, const Places&) = default;
};

// What the places are after the provider said "maximum in all, available free now". Live holds and placements stay.
// Errors: INVALID_ARGUMENT (a figure out of range, available above maximum), FAILED_PRECONDITION
// CAPACITY_INCONSISTENT (with what is held and placed it is more than maximum).
absl::StatusOr<Places> Restate(const Places& current, int maximum, int available);

// The numbers are stored; never change one.
enum class HoldState { kActive = 1, kConfirmed = 2, kReleased = 3, kExpired = 4 };

// The state of a hold seen at `now`: an active one whose time has come is expired, whether swept or not.
HoldState StateAt(HoldState stored, absl::Time expire_time, absl::Time now);

// The state after a verb. Same as before: nothing changes. Confirming an expired hold needs a place that is free.
// Errors: FAILED_PRECONDITION (HOLD_RELEASED).
absl::StatusOr<HoldState> AfterConfirm(HoldState seen);
HoldState AfterRelease(HoldState seen);

// Error: INVALID_ARGUMENT on `ttl`.
absl::Status CheckHoldTime(absl::Duration ttl);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_CAPACITY_H_
