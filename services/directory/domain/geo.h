// Places on the sphere: the cell numbers by which the database finds what is near, and the exact distance.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_GEO_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_GEO_H_

#include <cstdint>
#include <vector>

#include "services/directory/domain/model.h"

namespace trellis::directory {

inline constexpr double kEarthRadiusMeters = 6371008.8;  // mean radius (IUGG)
inline constexpr double kHalfEarthMeters = 20015115.0;   // no two places are farther apart
inline constexpr int kMaxRanges = 8;

// The S2 leaf cell of a position, as a BIGINT. Cells that are near each other have near numbers.
std::int64_t CellOf(const Position& position);

// Numbers of cells, both ends included.
struct CellRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

// At most kMaxRanges ranges that together hold every position within `radius_meters` (and some that are farther).
std::vector<CellRange> Covering(const Position& center, double radius_meters);

// As the crow flies on the sphere; off by at most 0.5 % of the ellipsoid's figure.
double DistanceMeters(const Position& a, const Position& b);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_GEO_H_
