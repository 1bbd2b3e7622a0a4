#include "services/assessment/domain/change.h"

#include "services/assessment/domain/scoring.h"

namespace trellis::assessment {
namespace {

// Prorated values are fractions; a difference that is exactly the threshold must not miss it by rounding.
constexpr double kRounding = 1e-9;

ChangeLabel LabelOf(const std::optional<Published>& reliable_change, double improvement) {
  if (!reliable_change.has_value()) return ChangeLabel::kNoPublishedThreshold;
  const double threshold = reliable_change->value - kRounding;
  if (improvement >= threshold) return ChangeLabel::kReliablyBetter;
  return improvement <= -threshold ? ChangeLabel::kReliablyWorse : ChangeLabel::kWithinError;
}

}  // namespace

Change ClassifyChange(const OutcomeDefinition& outcome, double earlier, double now) {
  Change change;
  change.difference = now - earlier;
  const double improvement = outcome.direction == Direction::kHigherIsWorse ? -change.difference : change.difference;
  change.label = LabelOf(outcome.reliable_change, improvement);
  if (outcome.response_percent.has_value() && earlier > 0) {
    change.response = improvement * 100 >= outcome.response_percent->value * earlier - kRounding;
  }
  for (const BandSystem& system : outcome.band_systems) {
    if (BandOf(system, earlier).code != BandOf(system, now).code) change.bands_crossed.push_back(system.code);
  }
  return change;
}

}  // namespace trellis::assessment
