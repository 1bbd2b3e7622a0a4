#include "services/assessment/domain/disclosure.h"

#include <algorithm>
#include <cmath>

namespace trellis::assessment {
namespace {

std::optional<std::int64_t> TellCount(std::int64_t count) {
  if (count > 0 && count <= kLargestSmallCount) return std::nullopt;
  return RoundCount(count);
}

// Looks at told counts alone, so that the verdict itself tells nothing that they do not.
bool TellsTooMuch(const ToldCounts& told, const DisclosureRules& rules) {
  std::int64_t persons = 0;
  int parts = 0;
  for (const std::optional<std::int64_t>& count : told) {
    persons += count.value_or(0);
    if (count != 0) ++parts;
  }
  return persons < rules.least_persons || parts < 2;
}

}  // namespace

ToldCounts TellCounts(const std::vector<std::int64_t>& counts, const DisclosureRules& rules) {
  ToldCounts told;
  for (const std::int64_t count : counts) told.push_back(TellCount(count));
  if (TellsTooMuch(told, rules)) std::fill(told.begin(), told.end(), std::nullopt);
  return told;
}

bool IsComplete(const ToldCounts& counts) {
  return std::all_of(counts.begin(), counts.end(), [](const auto& count) { return count.has_value(); });
}

std::int64_t RoundCount(std::int64_t count) { return (count + kCountStep / 2) / kCountStep * kCountStep; }

double RoundMeasure(double value) { return std::round(value * 10) / 10; }

}  // namespace trellis::assessment
