#include "services/assessment/api/instrument_convert.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/labels.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace trellis::assessment {
namespace {

template <typename Repeated>
void AddCodings(const std::vector<Coding>& codings, Repeated* out) {
  for (const Coding& coding : codings) {
    auto* added = out->Add();
    added->set_system(coding.system);
    added->set_code(coding.code);
  }
}

void AddWordings(const std::vector<Wording>& wordings, google::protobuf::RepeatedPtrField<v1::Wording>* out) {
  for (const Wording& wording : wordings) {
    v1::Wording* added = out->Add();
    added->set_language(wording.language);
    added->set_text(wording.text);
  }
}

v1::Item::Type TypeOf(Item::Type type) {
  switch (type) {
    case Item::Type::kChoice:
      return v1::Item::TYPE_CHOICE;
    case Item::Type::kInteger:
      return v1::Item::TYPE_INTEGER;
    case Item::Type::kText:
      return v1::Item::TYPE_TEXT;
  }
  return v1::Item::TYPE_UNSPECIFIED;
}

void Fill(const Option& option, v1::Option* out) {
  out->set_code(option.code);
  out->set_label(option.label);
  if (option.weight.has_value()) out->set_weight(*option.weight);
  AddWordings(option.wordings, out->mutable_wordings());
}

void Fill(const Item& item, v1::Item* out) {
  out->set_code(item.code);
  out->set_ordinal(item.ordinal);
  out->set_label(item.label);
  AddWordings(item.wordings, out->mutable_wordings());
  out->set_type(TypeOf(item.type));
  for (const Option& option : item.options) Fill(option, out->add_options());
  if (item.type == Item::Type::kInteger) {
    out->set_min_value(item.min);
    out->set_max_value(item.max);
  }
  out->set_optional_item(item.optional);
  out->set_conditional(item.asked_when.has_value());
  out->set_condition(item.condition);
  AddCodings(item.codings, out->mutable_codings());
}

void Fill(const MissingPolicy& policy, v1::MissingItemPolicy* out) {
  switch (policy.treatment) {
    case MissingPolicy::Treatment::kInvalid:
      out->set_treatment(v1::MissingItemPolicy::TREATMENT_INVALID);
      break;
    case MissingPolicy::Treatment::kProrate:
      out->set_treatment(v1::MissingItemPolicy::TREATMENT_PRORATE);
      break;
    case MissingPolicy::Treatment::kZero:
      out->set_treatment(v1::MissingItemPolicy::TREATMENT_ZERO);
      break;
  }
  out->set_max_missing(policy.max_missing);
  out->set_source(policy.source);
}

void Fill(const BandSystem& system, v1::BandSystem* out) {
  out->set_code(system.code);
  out->set_source(system.source);
  for (const Band& band : system.bands) {
    v1::Band* added = out->add_bands();
    added->set_code(band.code);
    added->set_label(band.label);
    added->set_min_value(band.min);
    added->set_max_value(band.max);
    added->set_severity(band.severity);
  }
}

void Fill(const CriticalRule& rule, v1::CriticalRule* out) {
  out->set_code(rule.code);
  out->set_item(rule.item);
  out->set_condition(rule.condition);
  out->set_level(ToProto(rule.level));
  out->set_source(rule.source);
}

void Fill(const Licence& licence, v1::Licence* out) {
  switch (licence.gate) {
    case Licence::Gate::kPublicDomain:
      out->set_gate(v1::Licence::GATE_PUBLIC_DOMAIN);
      break;
    case Licence::Gate::kFreeWithAttribution:
      out->set_gate(v1::Licence::GATE_FREE_WITH_ATTRIBUTION);
      break;
    case Licence::Gate::kPermissionRequired:
      out->set_gate(v1::Licence::GATE_PERMISSION_REQUIRED);
      break;
  }
  out->set_statement(licence.statement);
  out->set_source(licence.source);
}

void FillRange(const OutcomeDefinition& outcome, v1::OutcomeDefinition* out) {
  if (outcome.kind == OutcomeKind::kNumber) {
    out->set_min_value(outcome.min);
    out->set_max_value(outcome.max);
    Fill(outcome.missing, out->mutable_missing_items());
  }
  for (const Stage& stage : outcome.stages) {
    v1::Stage* added = out->add_stages();
    added->set_code(stage.code);
    added->set_label(stage.label);
  }
}

}  // namespace

v1::OutcomeKind ToProto(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kNumber:
      return v1::OUTCOME_KIND_NUMBER;
    case OutcomeKind::kStage:
      return v1::OUTCOME_KIND_STAGE;
    case OutcomeKind::kFlag:
      return v1::OUTCOME_KIND_FLAG;
  }
  return v1::OUTCOME_KIND_UNSPECIFIED;
}

v1::CriticalLevel ToProto(CriticalLevel level) {
  return level == CriticalLevel::kUrgent ? v1::CRITICAL_LEVEL_URGENT : v1::CRITICAL_LEVEL_HIGH;
}

v1::OutcomeDefinition ToProto(const OutcomeDefinition& outcome) {
  v1::OutcomeDefinition out;
  out.set_code(outcome.code);
  out.set_label(outcome.label);
  out.set_kind(ToProto(outcome.kind));
  out.set_direction(outcome.direction == Direction::kHigherIsWorse ? v1::DIRECTION_HIGHER_IS_WORSE
                                                                   : v1::DIRECTION_HIGHER_IS_BETTER);
  out.set_source(outcome.source);
  FillRange(outcome, &out);
  for (const BandSystem& system : outcome.band_systems) Fill(system, out.add_band_systems());
  if (outcome.reliable_change.has_value()) {
    out.set_reliable_change(outcome.reliable_change->value);
    out.set_reliable_change_source(outcome.reliable_change->source);
  }
  if (outcome.response_percent.has_value()) {
    out.set_response_percent(outcome.response_percent->value);
    out.set_response_percent_source(outcome.response_percent->source);
  }
  AddCodings(outcome.codings, out.mutable_codings());
  return out;
}

v1::Instrument ToProto(const Instrument& instrument) {
  v1::Instrument out;
  out.set_name(InstrumentName(instrument.code));
  out.set_version(instrument.version);
  out.set_title(instrument.title);
  out.set_description(instrument.description);
  AddCodings(instrument.codings, out.mutable_codings());
  for (const Item& item : instrument.items) Fill(item, out.add_items());
  for (const OutcomeDefinition& outcome : instrument.outcomes) *out.add_outcomes() = ToProto(outcome);
  for (const CriticalRule& rule : instrument.critical) Fill(rule, out.add_critical_rules());
  Fill(instrument.licence, out.mutable_licence());
  for (const std::string& note : instrument.notes) out.add_notes(note);
  rpc::PutLabels(instrument.assessment_labels, out.mutable_assessment_labels());
  return out;
}

std::string InstrumentName(absl::string_view code) { return absl::StrCat("instruments/", code); }

std::optional<std::string> InstrumentCode(absl::string_view name) {
  const std::optional<absl::string_view> code = StripCollection(name, "instruments");
  if (!code.has_value()) return std::nullopt;
  return std::string(*code);
}

}  // namespace trellis::assessment
