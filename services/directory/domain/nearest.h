// The nearest services around a point, page by page: the circle grows until it holds enough and shrinks where it holds
// too much, so that the cost depends on the page and not on the directory.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_NEAREST_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_NEAREST_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "services/directory/domain/geo.h"
#include "services/directory/domain/model.h"

namespace trellis::directory {

// A service at one of its places.
struct Candidate {
  Id service;
  Id location;
  Position position;
  std::string display_name;
};

// A service at its nearest place.
struct Near {
  Id service;
  Id location;
  double distance = 0;  // metres
  std::string display_name;
};

// Distance first, then name (byte by byte), then id: a total order, the same on every page.
bool ComesBefore(const Near& a, const Near& b);

// At most `limit` candidates whose cells lie in the ranges. When the answer is full, there may be more.
using FetchCandidates =
    absl::FunctionRef<absl::StatusOr<std::vector<Candidate>>(const std::vector<CellRange>& ranges, int limit)>;

// The first `count` services within `radius_meters` (0: however far) that come after `after`.
// Error: those of fetch.
absl::StatusOr<std::vector<Near>> Nearest(const Position& center, double radius_meters,
                                          const std::optional<Near>& after, int count, FetchCandidates fetch);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_NEAREST_H_
