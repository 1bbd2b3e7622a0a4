#include "services/assessment/domain/instrument_parser.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/assessment/domain/expression_parser.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;
// By their numbers in trellis.options.v1.SecurityLabel, from 1.
constexpr absl::string_view kLabelCodes[] = {"restricted", "very_restricted", "substance_use", "psychiatry",
                                             "hiv",        "safeguarding",    "sealed"};

using Scales = std::map<std::string, std::vector<Option>>;

std::optional<Expression> OptionalCondition(ObjectReader& reader, const char* key, Problems* problems) {
  const json* value = reader.Raw(key);
  if (value == nullptr) return std::nullopt;
  return ParseCondition(*value, reader.PathOf(key), problems);
}

std::vector<Coding> ParseCodings(ObjectReader& reader, Problems* problems) {
  std::vector<Coding> codings;
  reader.Each("codings", [&](const json& value, const std::string& path) {
    ObjectReader coding(value, path, problems);
    codings.push_back({coding.Text("system"), coding.Text("code")});
    coding.Finish();
  });
  return codings;
}

Option ParseOption(const json& value, const std::string& path, Problems* problems) {
  ObjectReader reader(value, path, problems);
  Option option;
  option.code = reader.Code("code");
  option.label = reader.Text("label");
  option.weight = reader.OptionalNumber("weight");
  reader.Finish();
  return option;
}

Scales ParseScales(ObjectReader& reader, Problems* problems) {
  Scales scales;
  const json* value = reader.Raw("scales");
  if (value == nullptr) return scales;
  ObjectReader members(*value, reader.PathOf("scales"), problems);
  if (!value->is_object()) return scales;
  for (const auto& [name, options] : value->items()) {
    std::vector<Option>& scale = scales[name];
    members.Each(name.c_str(), [&](const json& option, const std::string& path) {
      scale.push_back(ParseOption(option, path, problems));
    });
  }
  return scales;
}

// An item says how it is answered by exactly one of "scale", "integer" and "text".
void ParseAnswerForm(ObjectReader& reader, const Scales& scales, Item* item, Problems* problems) {
  const std::string scale = reader.OptionalText("scale");
  const json* integer = reader.Raw("integer");
  const bool text = reader.Flag("text");
  if ((scale.empty() ? 0 : 1) + (integer == nullptr ? 0 : 1) + (text ? 1 : 0) != 1) {
    reader.Problem("scale", "exactly one of \"scale\", \"integer\" and \"text\" must be set");
    return;
  }
  if (text) item->type = Item::Type::kText;
  if (integer != nullptr) {
    ObjectReader range(*integer, reader.PathOf("integer"), problems);
    item->type = Item::Type::kInteger;
    item->min = range.Integer("min");
    item->max = range.Integer("max");
    range.Finish();
  }
  if (!scale.empty()) {
    const auto it = scales.find(scale);
    if (it == scales.end()) return reader.Problem("scale", absl::StrCat("there is no scale \"", scale, "\""));
    item->options = it->second;
  }
}

Item ParseItem(const json& value, const std::string& path, const Scales& scales, Problems* problems) {
  ObjectReader reader(value, path, problems);
  Item item;
  item.code = reader.Code("code");
  item.ordinal = reader.Text("ordinal");
  item.label = reader.Text("label");
  ParseAnswerForm(reader, scales, &item, problems);
  item.optional = reader.Flag("optional");
  item.asked_when = OptionalCondition(reader, "asked_when", problems);
  item.condition = reader.OptionalText("condition");
  item.codings = ParseCodings(reader, problems);
  if (item.asked_when.has_value() == item.condition.empty()) {
    reader.Problem("condition", "must say for people what \"asked_when\" says, and only then");
  }
  reader.Finish();
  return item;
}

MissingPolicy ParseMissing(const json& value, const std::string& path, Problems* problems) {
  ObjectReader reader(value, path, problems);
  MissingPolicy policy;
  policy.treatment = static_cast<MissingPolicy::Treatment>(reader.OneOf("treatment", {"invalid", "prorate", "zero"}));
  if (policy.treatment != MissingPolicy::Treatment::kInvalid) {
    const std::int64_t max_missing = reader.Integer("max_missing");
    if (max_missing < 1 || max_missing > 200) reader.Problem("max_missing", "must be 1 to 200");
    policy.max_missing = static_cast<int>(max_missing);
  }
  policy.source = reader.Text("source");
  reader.Finish();
  return policy;
}

LabelSet ParseLabels(ObjectReader& reader) {
  LabelSet labels;
  for (const std::string& code : reader.Texts("assessment_labels")) {
    const auto* const found = std::find(std::begin(kLabelCodes), std::end(kLabelCodes), code);
    if (found == std::end(kLabelCodes)) {
      reader.Problem("assessment_labels", absl::StrCat("there is no label \"", code, "\""));
    } else {
      labels.Add(static_cast<int>(found - std::begin(kLabelCodes)) + 1);
    }
  }
  return labels;
}

// The position of a stage; notes a problem where there is none of that code.
double StagePosition(ObjectReader& reader, const char* key, const std::vector<Stage>& stages) {
  const std::string code = reader.Text(key);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (stages[i].code == code) return static_cast<double>(i);
  }
  reader.Problem(key, absl::StrCat("there is no stage \"", code, "\""));
  return 0;
}

Band ParseBand(const json& value, const std::string& path, const OutcomeDefinition& outcome, Problems* problems) {
  ObjectReader reader(value, path, problems);
  Band band;
  band.code = reader.Code("code");
  band.label = reader.Text("label");
  const bool stages = outcome.kind == OutcomeKind::kStage;
  band.min = stages ? StagePosition(reader, "from", outcome.stages) : reader.Number("min");
  band.max = stages ? StagePosition(reader, "to", outcome.stages) : reader.Number("max");
  reader.Finish();
  return band;
}

BandSystem ParseBandSystem(const json& value, const std::string& path, const OutcomeDefinition& outcome,
                           Problems* problems) {
  ObjectReader reader(value, path, problems);
  BandSystem system;
  system.code = reader.Code("code");
  system.source = reader.Text("source");
  reader.Each("bands", [&](const json& band, const std::string& band_path) {
    system.bands.push_back(ParseBand(band, band_path, outcome, problems));
  });
  const int count = static_cast<int>(system.bands.size());
  for (int i = 0; i < count; ++i) {
    system.bands[i].severity = outcome.direction == Direction::kHigherIsWorse ? i : count - 1 - i;
  }
  reader.Finish();
  return system;
}

std::optional<Published> ParsePublished(ObjectReader& parent, const char* key, Problems* problems) {
  const json* value = parent.Raw(key);
  if (value == nullptr) return std::nullopt;
  ObjectReader reader(*value, parent.PathOf(key), problems);
  Published published{reader.Number("value"), reader.Text("source")};
  if (!(published.value > 0)) reader.Problem("value", "must be greater than 0");
  reader.Finish();
  return published;
}

void ParseNumberOutcome(ObjectReader& reader, OutcomeDefinition* outcome, Problems* problems) {
  outcome->sum = reader.Texts("sum");
  outcome->factor = reader.OptionalNumber("factor").value_or(1);
  outcome->min = reader.Number("min");
  outcome->max = reader.Number("max");
  const json* missing = reader.Raw("missing");
  if (missing == nullptr) return reader.Problem("missing", "is missing");
  outcome->missing = ParseMissing(*missing, reader.PathOf("missing"), problems);
}

void ParseStageOutcome(ObjectReader& reader, OutcomeDefinition* outcome, Problems* problems) {
  outcome->from_item = reader.OptionalText("from_item");
  reader.Each("stages", [&](const json& value, const std::string& path) {
    ObjectReader stage(value, path, problems);
    outcome->stages.push_back({stage.Code("code"), stage.Text("label"), OptionalCondition(stage, "when", problems)});
    stage.Finish();
  });
}

void ParseFlagOutcome(ObjectReader& reader, OutcomeDefinition* outcome, Problems* problems) {
  outcome->true_when = OptionalCondition(reader, "true_when", problems);
  if (!outcome->true_when.has_value()) reader.Problem("true_when", "is missing");
}

OutcomeDefinition ParseOutcome(const json& value, const std::string& path, Problems* problems) {
  ObjectReader reader(value, path, problems);
  OutcomeDefinition outcome;
  outcome.code = reader.Code("code");
  outcome.label = reader.Text("label");
  outcome.kind = static_cast<OutcomeKind>(reader.OneOf("kind", {"number", "stage", "flag"}));
  outcome.direction = static_cast<Direction>(reader.OneOf("direction", {"higher_is_worse", "higher_is_better"}));
  outcome.source = reader.OptionalText("source");
  outcome.codings = ParseCodings(reader, problems);
  outcome.applies_when = OptionalCondition(reader, "applies_when", problems);
  if (outcome.kind == OutcomeKind::kNumber) ParseNumberOutcome(reader, &outcome, problems);
  if (outcome.kind == OutcomeKind::kStage) ParseStageOutcome(reader, &outcome, problems);
  if (outcome.kind == OutcomeKind::kFlag) ParseFlagOutcome(reader, &outcome, problems);
  reader.Each("band_systems", [&](const json& system, const std::string& system_path) {
    outcome.band_systems.push_back(ParseBandSystem(system, system_path, outcome, problems));
  });
  outcome.reliable_change = ParsePublished(reader, "reliable_change", problems);
  outcome.response_percent = ParsePublished(reader, "response_percent", problems);
  reader.Finish();
  return outcome;
}

CriticalRule ParseCritical(const json& value, const std::string& path, Problems* problems) {
  ObjectReader reader(value, path, problems);
  CriticalRule rule;
  rule.code = reader.Code("code");
  rule.item = reader.Code("item");
  rule.level = static_cast<CriticalLevel>(reader.OneOf("level", {"high", "urgent"}));
  rule.condition = reader.Text("condition");
  rule.source = reader.Text("source");
  const json* when = reader.Raw("when");
  if (when == nullptr) {
    reader.Problem("when", "is missing");
  } else {
    rule.when = ParseCondition(*when, reader.PathOf("when"), problems);
  }
  reader.Finish();
  return rule;
}

Licence ParseLicence(ObjectReader& parent, Problems* problems) {
  Licence licence;
  const json* value = parent.Raw("licence");
  if (value == nullptr) {
    parent.Problem("licence", "is missing");
    return licence;
  }
  ObjectReader reader(*value, parent.PathOf("licence"), problems);
  licence.gate = static_cast<Licence::Gate>(
      reader.OneOf("gate", {"public_domain", "free_with_attribution", "permission_required"}));
  licence.statement = reader.Text("statement");
  licence.source = reader.Text("source");
  reader.Finish();
  return licence;
}

Instrument ReadInstrument(const json& value, Problems* problems) {
  ObjectReader reader(value, "", problems);
  Instrument instrument;
  instrument.code = reader.Code("instrument");
  const std::int64_t version = reader.Integer("version");
  if (version < 1 || version > 1000) reader.Problem("version", "must be 1 to 1000");
  instrument.version = static_cast<int>(version);
  instrument.title = reader.Text("title");
  instrument.description = reader.Text("description");
  instrument.codings = ParseCodings(reader, problems);
  instrument.licence = ParseLicence(reader, problems);
  const Scales scales = ParseScales(reader, problems);
  reader.Each("items", [&](const json& item, const std::string& path) {
    instrument.items.push_back(ParseItem(item, path, scales, problems));
  });
  reader.Each("outcomes", [&](const json& outcome, const std::string& path) {
    instrument.outcomes.push_back(ParseOutcome(outcome, path, problems));
  });
  reader.Each("critical", [&](const json& rule, const std::string& path) {
    instrument.critical.push_back(ParseCritical(rule, path, problems));
  });
  instrument.notes = reader.Texts("notes");
  instrument.assessment_labels = ParseLabels(reader);
  reader.Finish();
  return instrument;
}

}  // namespace

absl::StatusOr<Instrument> ParseInstrument(const EmbeddedFile& file) {
  const absl::StatusOr<json> value = ParseJson(file.content);
  if (!value.ok()) return absl::InvalidArgumentError(absl::StrCat(file.name, ": ", value.status().message()));
  Problems problems;
  Instrument instrument = ReadInstrument(*value, &problems);
  // What does not fit together is worth saying only where the parts are understood.
  if (problems.empty()) CheckInstrument(instrument, &problems);
  TRELLIS_RETURN_IF_ERROR(problems.ToStatus(file.name));
  return instrument;
}

}  // namespace trellis::assessment
