#include "services/directory/domain/geo.h"

#include <random>

#include "gtest/gtest.h"

namespace trellis::directory {
namespace {

bool Holds(const std::vector<CellRange>& ranges, std::int64_t cell) {
  for (const CellRange& range : ranges) {
    if (range.first <= cell && cell <= range.last) return true;
  }
  return false;
}

TEST(Distance, AgreesWithPublishedFigures) {
  // London to Paris, great circle: 343.5 km; a degree of latitude: 111.2 km.
  EXPECT_NEAR(DistanceMeters({51.5074, -0.1278}, {48.8566, 2.3522}), 343'500, 500);
  EXPECT_NEAR(DistanceMeters({0, 0}, {1, 0}), 111'195, 1);
  EXPECT_NEAR(DistanceMeters({90, 0}, {-90, 0}), kHalfEarthMeters, 10);
  EXPECT_NEAR(DistanceMeters({0, 179.9999}, {0, -179.9999}), 22.2, 0.1);  // across the date line
}

TEST(Covering, HoldsEveryPlaceInsideTheCircle) {
  std::mt19937_64 random(20240229);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int round = 0; round < 2000; ++round) {
    const Position center{unit(random) * 180 - 90, unit(random) * 360 - 180};
    const double radius = std::pow(10, 1 + unit(random) * 6.3);
    const std::vector<CellRange> ranges = Covering(center, radius);
    ASSERT_FALSE(ranges.empty());
    ASSERT_LE(ranges.size(), static_cast<std::size_t>(kMaxRanges));
    for (const CellRange& range : ranges) ASSERT_LE(range.first, range.last);
    for (int i = 0; i < 20; ++i) {
      const double spread = radius / 111'000;
      const Position place{std::clamp(center.latitude + (unit(random) * 2 - 1) * spread, -90.0, 90.0),
                           std::remainder(center.longitude + (unit(random) * 2 - 1) * spread, 360.0)};
      if (DistanceMeters(center, place) > radius) continue;
      ASSERT_TRUE(Holds(ranges, CellOf(place))) << center.latitude << "," << center.longitude << " r " << radius;
    }
  }
}

TEST(Covering, WorksAtPolesDateLineAndOverTheWholeEarth) {
  EXPECT_TRUE(Holds(Covering({90, 0}, 1000), CellOf({89.999, 123})));
  EXPECT_TRUE(Holds(Covering({0, 180}, 1000), CellOf({0, -179.995})));
  EXPECT_TRUE(Holds(Covering({51, 0}, kHalfEarthMeters), CellOf({-51, 179})));
  EXPECT_TRUE(Holds(Covering({51, 0}, 1e12), CellOf({-51, 179})));
  EXPECT_TRUE(Holds(Covering({51, 0}, 0), CellOf({51, 0})));
}

}  // namespace
}  // namespace trellis::directory
