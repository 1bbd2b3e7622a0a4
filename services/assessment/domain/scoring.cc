#include "services/assessment/domain/scoring.h"

#include <cstddef>

namespace trellis::assessment {
namespace {

Fact FactOf(const std::string& item, const Facts& facts) {
  const auto it = facts.find(item);
  return it == facts.end() ? Fact{} : it->second;
}

std::optional<double> WithMissing(const MissingPolicy& policy, double sum, int asked, int missing) {
  if (missing == 0) return sum;
  if (missing > policy.max_missing || missing >= asked) return std::nullopt;
  switch (policy.treatment) {
    case MissingPolicy::Treatment::kInvalid:
      return std::nullopt;
    case MissingPolicy::Treatment::kZero:
      return sum;
    case MissingPolicy::Treatment::kProrate:
      return sum * asked / (asked - missing);
  }
  return std::nullopt;
}

OutcomeValue ScoreNumber(const OutcomeDefinition& outcome, const Facts& facts) {
  double sum = 0;
  int asked = 0;
  int missing = 0;
  for (const std::string& item : outcome.sum) {
    const Fact fact = FactOf(item, facts);
    if (fact.kind == Fact::Kind::kLeftOut) continue;
    ++asked;
    if (fact.kind == Fact::Kind::kAbsent) {
      ++missing;
    } else {
      sum += fact.weight.low;
    }
  }
  std::optional<double> value = WithMissing(outcome.missing, sum, asked, missing);
  if (value.has_value()) *value *= outcome.factor;
  return {outcome.code, value, missing > 0};
}

OutcomeValue ScoreStageFromItem(const OutcomeDefinition& outcome, const Facts& facts) {
  const Fact fact = FactOf(outcome.from_item, facts);
  for (std::size_t i = 0; i < outcome.stages.size() && fact.kind == Fact::Kind::kAnswered; ++i) {
    if (outcome.stages[i].code == fact.option) return {outcome.code, static_cast<double>(i), false};
  }
  return {outcome.code, std::nullopt, true};
}

// The most severe stage that certainly holds. Where a more severe one may hold too, the result is a lower limit; the
// first stage as a lower limit would say nothing and could be taken for "no risk", so then there is no value.
OutcomeValue ScoreStageFromRules(const OutcomeDefinition& outcome, const Facts& facts) {
  bool unknown = false;
  for (std::size_t i = outcome.stages.size() - 1; i > 0; --i) {
    const Truth truth = Holds(*outcome.stages[i].when, facts);
    if (truth == Truth::kTrue) return {outcome.code, static_cast<double>(i), unknown};
    if (truth == Truth::kUnknown) unknown = true;
  }
  if (unknown) return {outcome.code, std::nullopt, true};
  return {outcome.code, 0.0, false};
}

OutcomeValue ScoreFlag(const OutcomeDefinition& outcome, const Facts& facts) {
  const Truth truth = Holds(*outcome.true_when, facts);
  if (truth == Truth::kUnknown) return {outcome.code, std::nullopt, true};
  return {outcome.code, truth == Truth::kTrue ? 1.0 : 0.0, false};
}

OutcomeValue ScoreOutcome(const OutcomeDefinition& outcome, const Facts& facts) {
  switch (outcome.kind) {
    case OutcomeKind::kNumber:
      return ScoreNumber(outcome, facts);
    case OutcomeKind::kStage:
      return outcome.from_item.empty() ? ScoreStageFromRules(outcome, facts) : ScoreStageFromItem(outcome, facts);
    case OutcomeKind::kFlag:
      return ScoreFlag(outcome, facts);
  }
  return {outcome.code, std::nullopt, true};
}

}  // namespace

Result Score(const Instrument& instrument, const Facts& facts) {
  Result result;
  for (const OutcomeDefinition& outcome : instrument.outcomes) {
    const Truth applies = outcome.applies_when.has_value() ? Holds(*outcome.applies_when, facts) : Truth::kTrue;
    if (applies == Truth::kFalse) continue;
    result.outcomes.push_back(applies == Truth::kTrue ? ScoreOutcome(outcome, facts)
                                                      : OutcomeValue{outcome.code, std::nullopt, true});
  }
  for (const CriticalRule& rule : instrument.critical) {
    if (Holds(rule.when, facts) == Truth::kTrue) result.critical.push_back({rule.item, rule.code, rule.level});
  }
  return result;
}

const Band& BandOf(const BandSystem& system, double position) {
  const Band* found = &system.bands.front();
  for (const Band& band : system.bands) {
    if (band.min <= position) found = &band;
  }
  return *found;
}

std::optional<int> SeverityOf(const OutcomeDefinition& outcome, double position) {
  if (outcome.kind == OutcomeKind::kStage) return static_cast<int>(position);
  if (outcome.kind == OutcomeKind::kFlag) {
    return static_cast<int>(outcome.direction == Direction::kHigherIsWorse ? position : 1 - position);
  }
  if (outcome.band_systems.empty()) return std::nullopt;
  return BandOf(outcome.band_systems.front(), position).severity;
}

std::optional<int> LargestSeverity(const OutcomeDefinition& outcome) {
  if (outcome.kind != OutcomeKind::kNumber) return static_cast<int>(LargestPosition(outcome));
  if (outcome.band_systems.empty()) return std::nullopt;
  return static_cast<int>(outcome.band_systems.front().bands.size()) - 1;
}

}  // namespace trellis::assessment
