#include "services/assessment/domain/instrument.h"

#include <algorithm>

namespace trellis::assessment {
namespace {

template <typename T>
const T* FindByCode(const std::vector<T>& values, absl::string_view code) {
  const auto it = std::find_if(values.begin(), values.end(), [&](const T& value) { return value.code == code; });
  return it == values.end() ? nullptr : &*it;
}

}  // namespace

const Item* FindItem(const Instrument& instrument, absl::string_view code) {
  return FindByCode(instrument.items, code);
}

const Option* FindOption(const Item& item, absl::string_view code) { return FindByCode(item.options, code); }

const OutcomeDefinition* FindOutcome(const Instrument& instrument, absl::string_view code) {
  return FindByCode(instrument.outcomes, code);
}

Interval WeightRange(const Item& item) {
  if (item.type == Item::Type::kInteger) return {static_cast<double>(item.min), static_cast<double>(item.max)};
  if (item.options.empty() || !item.options.front().weight.has_value()) return {};
  Interval range{*item.options.front().weight, *item.options.front().weight};
  for (const Option& option : item.options) {
    range.low = std::min(range.low, option.weight.value_or(0));
    range.high = std::max(range.high, option.weight.value_or(0));
  }
  return range;
}

double LargestPosition(const OutcomeDefinition& outcome) {
  switch (outcome.kind) {
    case OutcomeKind::kNumber:
      return outcome.max;
    case OutcomeKind::kStage:
      return static_cast<double>(outcome.stages.size()) - 1;
    case OutcomeKind::kFlag:
      return 1;
  }
  return 0;
}

}  // namespace trellis::assessment
