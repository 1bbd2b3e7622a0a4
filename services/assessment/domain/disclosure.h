// What may be told of counts of people, so that nobody can be found in them.
//
// Whether and how a count is told depends on the counts that are told and on nothing else: a small count could be any
// other small count, and the answer would be the same. So no answer, however it is turned, tells a small count from
// another one; what is to be told beside the counts must keep to that and is left out where any of them is.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_DISCLOSURE_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_DISCLOSURE_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace trellis::assessment {

// Counts from 1 to this are not told, and all others are told as multiples of the step (NHS practice: a star for small
// numbers, rounding to 5).
inline constexpr std::int64_t kLargestSmallCount = 4;
inline constexpr std::int64_t kCountStep = 5;

// Fewer persons than this are never summed up. An installation can ask for more.
inline constexpr int kLeastPersons = 10;
inline constexpr int kMostLeastPersons = 1000;

struct DisclosureRules {
  int least_persons = kLeastPersons;
};

// A count for each part; nothing where it is left out.
using ToldCounts = std::vector<std::optional<std::int64_t>>;

// `counts`: how many persons are in each of the parts into which all of them fall. All are left out where those that
// could be told come to fewer than the least number of persons, and where only one part has persons: then it would be
// known of each person which. A part without anybody is otherwise told as 0.
ToldCounts TellCounts(const std::vector<std::int64_t>& counts, const DisclosureRules& rules);

// Nothing was left out.
bool IsComplete(const ToldCounts& counts);

// To the nearest step. For totals, where all counts are told.
std::int64_t RoundCount(std::int64_t count);

// To one decimal. For means and deviations, under the same condition.
double RoundMeasure(double value);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_DISCLOSURE_H_
