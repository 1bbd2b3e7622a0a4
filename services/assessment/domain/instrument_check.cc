// What must fit together in an instrument before anybody is assessed with it.
#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/assessment/domain/instrument_parser.h"

namespace trellis::assessment {
namespace {

template <typename T>
void CheckCodes(const std::vector<T>& values, const std::string& path, Problems* problems) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!seen.insert(values[i].code).second) {
      problems->Add(absl::StrCat(path, "[", i, "].code"), absl::StrCat("\"", values[i].code, "\" is there twice"));
    }
  }
}

// The references of an expression must lead to items (and options) among the first `known` items.
void CheckReferences(const Instrument& instrument, std::size_t known, const Expression& expression,
                     const std::string& path, Problems* problems) {
  if (expression.op == Expression::Op::kWeight || expression.op == Expression::Op::kChosen) {
    const Item* item = FindItem(instrument, expression.item);
    if (item == nullptr || static_cast<std::size_t>(item - instrument.items.data()) >= known) {
      problems->Add(path, absl::StrCat("there is no item \"", expression.item, "\" before it"));
    } else if (expression.op == Expression::Op::kChosen && FindOption(*item, expression.option) == nullptr) {
      problems->Add(path, absl::StrCat("item \"", item->code, "\" has no option \"", expression.option, "\""));
    }
  }
  for (const Expression& operand : expression.operands) {
    CheckReferences(instrument, known, operand, path, problems);
  }
}

void CheckOptional(const Instrument& instrument, std::size_t known, const std::optional<Expression>& expression,
                   const std::string& path, Problems* problems) {
  if (expression.has_value()) CheckReferences(instrument, known, *expression, path, problems);
}

void CheckItem(const Instrument& instrument, std::size_t index, Problems* problems) {
  const Item& item = instrument.items[index];
  const std::string path = absl::StrCat("items[", index, "]");
  CheckCodes(item.options, path + ".options", problems);
  if (item.type == Item::Type::kChoice && item.options.size() < 2) problems->Add(path, "needs two options or more");
  if (item.type == Item::Type::kInteger && item.min >= item.max) problems->Add(path, "min must be less than max");
  for (const Option& option : item.options) {
    if (option.weight.has_value() != item.options.front().weight.has_value()) {
      problems->Add(path, "either all options have a weight or none");
    }
  }
  CheckOptional(instrument, index, item.asked_when, path + ".asked_when", problems);
}

// The declared range must be exactly what the weights can reach: a slip in one weight shows here.
void CheckNumber(const Instrument& instrument, const OutcomeDefinition& outcome, const std::string& path,
                 Problems* problems) {
  double low = 0;
  double high = 0;
  std::set<std::string> seen;
  for (const std::string& code : outcome.sum) {
    const Item* item = FindItem(instrument, code);
    const bool scored = item != nullptr && (item->type == Item::Type::kInteger ||
                                            (!item->options.empty() && item->options.front().weight.has_value()));
    if (!scored) problems->Add(path + ".sum", absl::StrCat("there is no scored item \"", code, "\""));
    if (!seen.insert(code).second) problems->Add(path + ".sum", absl::StrCat("\"", code, "\" is there twice"));
    if (!scored) continue;
    low += WeightRange(*item).low * outcome.factor;
    high += WeightRange(*item).high * outcome.factor;
  }
  if (outcome.sum.empty()) problems->Add(path + ".sum", "must not be empty");
  if (low != outcome.min || high != outcome.max) {
    problems->Add(path, absl::StrCat("declares the range ", outcome.min, " to ", outcome.max, ", the weights reach ",
                                     low, " to ", high));
  }
}

void CheckStages(const Instrument& instrument, const OutcomeDefinition& outcome, const std::string& path,
                 Problems* problems) {
  CheckCodes(outcome.stages, path + ".stages", problems);
  if (outcome.stages.size() < 2) return problems->Add(path + ".stages", "needs two stages or more");
  if (outcome.direction != Direction::kHigherIsWorse) problems->Add(path, "stages begin with the least severe one");
  if (outcome.from_item.empty()) {
    for (std::size_t i = 0; i < outcome.stages.size(); ++i) {
      const std::string stage_path = absl::StrCat(path, ".stages[", i, "]");
      if (outcome.stages[i].when.has_value() != (i > 0)) {
        problems->Add(stage_path, "all stages but the first have a \"when\"");
      }
      CheckOptional(instrument, instrument.items.size(), outcome.stages[i].when, stage_path + ".when", problems);
    }
    return;
  }
  const Item* item = FindItem(instrument, outcome.from_item);
  if (item == nullptr) return problems->Add(path + ".from_item", "there is no such item");
  if (item->options.size() != outcome.stages.size()) problems->Add(path, "stages and options of the item differ");
  for (const Stage& stage : outcome.stages) {
    if (stage.when.has_value()) problems->Add(path, "has both \"from_item\" and \"when\"");
    if (FindOption(*item, stage.code) == nullptr) {
      problems->Add(path, absl::StrCat("stage \"", stage.code, "\" is not an option of the item"));
    }
  }
}

// Bands must cover the range without gap or overlap. Between two bands lies at most one point: values are whole
// numbers, and fractions (from prorating) belong to the band below.
void CheckBands(const OutcomeDefinition& outcome, const BandSystem& system, const std::string& path,
                Problems* problems) {
  CheckCodes(system.bands, path + ".bands", problems);
  if (system.bands.size() < 2) return problems->Add(path + ".bands", "needs two bands or more");
  for (std::size_t i = 0; i < system.bands.size(); ++i) {
    const Band& band = system.bands[i];
    const std::string band_path = absl::StrCat(path, ".bands[", i, "]");
    if (band.min > band.max) problems->Add(band_path, "min must not be greater than max");
    if (i > 0 && band.min != system.bands[i - 1].max + 1) {
      problems->Add(band_path, "must begin one point after the band before it");
    }
  }
  if (system.bands.front().min != outcome.min || system.bands.back().max != LargestPosition(outcome)) {
    problems->Add(path, "the bands must cover the whole range of the outcome");
  }
}

void CheckOutcome(const Instrument& instrument, const OutcomeDefinition& outcome, const std::string& path,
                  Problems* problems) {
  if (outcome.kind == OutcomeKind::kNumber) CheckNumber(instrument, outcome, path, problems);
  if (outcome.kind == OutcomeKind::kStage) CheckStages(instrument, outcome, path, problems);
  CheckOptional(instrument, instrument.items.size(), outcome.true_when, path + ".true_when", problems);
  CheckOptional(instrument, instrument.items.size(), outcome.applies_when, path + ".applies_when", problems);
  CheckCodes(outcome.band_systems, path + ".band_systems", problems);
  for (std::size_t i = 0; i < outcome.band_systems.size(); ++i) {
    CheckBands(outcome, outcome.band_systems[i], absl::StrCat(path, ".band_systems[", i, "]"), problems);
  }
}

}  // namespace

void CheckInstrument(const Instrument& instrument, Problems* problems) {
  CheckCodes(instrument.items, "items", problems);
  CheckCodes(instrument.outcomes, "outcomes", problems);
  CheckCodes(instrument.critical, "critical", problems);
  if (instrument.items.empty()) problems->Add("items", "must not be empty");
  if (instrument.outcomes.empty()) problems->Add("outcomes", "must not be empty");
  for (std::size_t i = 0; i < instrument.items.size(); ++i) CheckItem(instrument, i, problems);
  for (std::size_t i = 0; i < instrument.outcomes.size(); ++i) {
    CheckOutcome(instrument, instrument.outcomes[i], absl::StrCat("outcomes[", i, "]"), problems);
  }
  for (std::size_t i = 0; i < instrument.critical.size(); ++i) {
    const CriticalRule& rule = instrument.critical[i];
    const std::string path = absl::StrCat("critical[", i, "]");
    if (FindItem(instrument, rule.item) == nullptr) problems->Add(path + ".item", "there is no such item");
    CheckReferences(instrument, instrument.items.size(), rule.when, path + ".when", problems);
  }
}

}  // namespace trellis::assessment
