#include "services/directory/domain/capacity.h"

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::directory {
namespace {

TEST(Restate, KeepsHoldsAndPlacementsAndPutsTheRestElsewhere) {
  const absl::StatusOr<Places> places = Restate({10, 5, 2, 1}, 12, 4);
  ASSERT_TRUE(places.ok());
  EXPECT_EQ(*places, (Places{12, 5, 2, 1}));
  EXPECT_EQ(places->available(), 4);
}

TEST(Restate, TheSumIsAlwaysTheMaximum) {
  for (int maximum = 0; maximum <= 6; ++maximum) {
    for (int available = 0; available <= maximum; ++available) {
      for (int held = 0; held <= 3; ++held) {
        const absl::StatusOr<Places> places = Restate({3, 0, held, 1}, maximum, available);
        if (!places.ok()) {
          EXPECT_GT(available + held + 1, maximum);
          EXPECT_EQ(ReasonOf(places.status()), "CAPACITY_INCONSISTENT");
          continue;
        }
        EXPECT_EQ(places->available(), available);
        EXPECT_EQ(places->elsewhere + places->held + places->placed + places->available(), maximum);
        EXPECT_GE(places->elsewhere, 0);
      }
    }
  }
}

TEST(Restate, RefusesFiguresOutOfRange) {
  EXPECT_EQ(Restate({}, -1, 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Restate({}, 5, 6).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Restate({}, kMostPlaces + 1, 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Restate({}, kMostPlaces, kMostPlaces).ok());
}

TEST(Hold, ExpiresAtItsTimeAndNotBefore) {
  const absl::Time end = absl::FromUnixSeconds(1000);
  EXPECT_EQ(StateAt(HoldState::kActive, end, end - absl::Microseconds(1)), HoldState::kActive);
  EXPECT_EQ(StateAt(HoldState::kActive, end, end), HoldState::kExpired);
  EXPECT_EQ(StateAt(HoldState::kConfirmed, end, end + absl::Hours(1)), HoldState::kConfirmed);
}

TEST(Hold, GoesItsWayOnly) {
  EXPECT_EQ(*AfterConfirm(HoldState::kActive), HoldState::kConfirmed);
  EXPECT_EQ(*AfterConfirm(HoldState::kConfirmed), HoldState::kConfirmed);
  EXPECT_EQ(*AfterConfirm(HoldState::kExpired), HoldState::kConfirmed);
  EXPECT_EQ(ReasonOf(AfterConfirm(HoldState::kReleased).status()), "HOLD_RELEASED");
  EXPECT_EQ(AfterRelease(HoldState::kConfirmed), HoldState::kReleased);
  EXPECT_EQ(AfterRelease(HoldState::kExpired), HoldState::kExpired);
}

TEST(Hold, LastsASecondToThirtyDays) {
  EXPECT_TRUE(CheckHoldTime(kDefaultHold).ok());
  EXPECT_FALSE(CheckHoldTime(absl::ZeroDuration()).ok());
  EXPECT_FALSE(CheckHoldTime(-absl::Hours(1)).ok());
  EXPECT_FALSE(CheckHoldTime(absl::InfiniteDuration()).ok());
}

}  // namespace
}  // namespace trellis::directory
