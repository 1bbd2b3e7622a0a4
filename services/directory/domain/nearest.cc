#include "services/directory/domain/nearest.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "common/base/status_macros.h"

namespace trellis::directory {
namespace {

constexpr double kFirstRadius = 3'000;
constexpr double kSmallestRadius = 50;
constexpr int kFewCandidates = 500;       // more are a reason to look at a smaller circle
constexpr int kManyCandidates = 200'000;  // where no smaller circle helps: many services in one place

std::vector<Near> Sort(const Position& center, double radius, const std::optional<Near>& after,
                       std::vector<Candidate> candidates) {
  std::map<Id, Near> best;
  for (Candidate& candidate : candidates) {
    const double distance = DistanceMeters(center, candidate.position);
    if (distance > radius) continue;
    const auto [entry, added] = best.try_emplace(candidate.service);
    Near& near = entry->second;
    if (!added && std::tie(near.distance, near.location) <= std::tie(distance, candidate.location)) continue;
    near = {candidate.service, candidate.location, distance, std::move(candidate.display_name)};
  }
  std::vector<Near> sorted;
  for (auto& [id, near] : best) {
    if (!after.has_value() || ComesBefore(*after, near)) sorted.push_back(std::move(near));
  }
  std::sort(sorted.begin(), sorted.end(), ComesBefore);
  return sorted;
}

}  // namespace

bool ComesBefore(const Near& a, const Near& b) {
  return std::tie(a.distance, a.display_name, a.service) < std::tie(b.distance, b.display_name, b.service);
}

absl::StatusOr<std::vector<Near>> Nearest(const Position& center, double radius_meters,
                                          const std::optional<Near>& after, int count, FetchCandidates fetch) {
  const double farthest = radius_meters > 0 ? std::min(radius_meters, kHalfEarthMeters) : kHalfEarthMeters;
  double too_small = after.has_value() ? after->distance : 0;  // a circle that holds too few services
  double too_large = INFINITY;                                 // a circle that holds too many candidates
  double radius = std::min(farthest, std::max(kFirstRadius, 2 * too_small));
  const int few = std::max(kFewCandidates, 5 * count);
  int limit = few;
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, fetch(Covering(center, radius), limit));
    if (limit == few && static_cast<int>(candidates.size()) >= limit) {
      too_large = radius;
      radius = too_small > 0 ? std::sqrt(too_small * too_large) : radius / 4;
      // No circle between the two: what lies in the larger one has to be read.
      if (radius <= kSmallestRadius || too_large < 1.05 * too_small) limit = kManyCandidates;
      continue;
    }
    std::vector<Near> found = Sort(center, radius, after, std::move(candidates));
    if (static_cast<int>(found.size()) >= count || radius >= farthest) {
      if (static_cast<int>(found.size()) > count) found.resize(static_cast<std::size_t>(count));
      return found;
    }
    too_small = radius;
    // The whole area next: few that match are read at once, however far away; many show themselves after a few rows.
    const bool free_to_grow = too_large == INFINITY || limit == kManyCandidates;
    radius = free_to_grow ? farthest : std::sqrt(too_small * too_large);
  }
}

}  // namespace trellis::directory
