#include "services/directory/domain/geo.h"

#include <algorithm>

#include "s2/s1angle.h"
#include "s2/s2cap.h"
#include "s2/s2cell_id.h"
#include "s2/s2cell_union.h"
#include "s2/s2latlng.h"
#include "s2/s2region_coverer.h"

namespace trellis::directory {
namespace {

S2LatLng ToS2(const Position& position) {
  return S2LatLng::FromDegrees(position.latitude, position.longitude).Normalized();
}

}  // namespace

// As a signed number the order of the six faces is another one, but inside a face, and so inside any range of a
// covering, it stays the same.
std::int64_t CellOf(const Position& position) { return static_cast<std::int64_t>(S2CellId(ToS2(position)).id()); }

std::vector<CellRange> Covering(const Position& center, double radius_meters) {
  // A little wider than asked: rounding must not lose a place that lies exactly on the edge.
  const double radius = std::min(radius_meters * 1.0001 + 1.0, kHalfEarthMeters);
  const S2Cap cap(ToS2(center).ToPoint(), S1Angle::Radians(radius / kEarthRadiusMeters));
  S2RegionCoverer::Options options;
  options.set_max_cells(kMaxRanges);
  S2RegionCoverer coverer(options);
  const S2CellUnion cells = coverer.GetCovering(cap);
  std::vector<CellRange> ranges;
  for (const S2CellId cell : cells) {
    ranges.push_back(
        {static_cast<std::int64_t>(cell.range_min().id()), static_cast<std::int64_t>(cell.range_max().id())});
  }
  return ranges;
}

double DistanceMeters(const Position& a, const Position& b) {
  return ToS2(a).GetDistance(ToS2(b)).radians() * kEarthRadiusMeters;
}

}  // namespace trellis::directory
