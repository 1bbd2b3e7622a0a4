#include "services/assessment/api/assessment_convert.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/etag.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/assessment/api/instrument_convert.h"
#include "services/assessment/domain/change.h"
#include "services/assessment/domain/scoring.h"

namespace trellis::assessment {
namespace {

constexpr char kAnswers[] = "assessment.answers";
constexpr char kEffectiveTime[] = "assessment.effective_time";

std::optional<Answer> FromProto(const v1::Answer& answer) {
  switch (answer.value_case()) {
    case v1::Answer::kOption:
      return Answer{answer.item(), ChosenOption{answer.option()}};
    case v1::Answer::kNumber:
      return Answer{answer.item(), std::int64_t{answer.number()}};
    case v1::Answer::kText:
      return Answer{answer.item(), FreeText{answer.text()}};
    case v1::Answer::kAbsent:
      if (answer.absent() < 1 || answer.absent() > 3) return std::nullopt;
      return Answer{answer.item(), static_cast<AbsentReason>(answer.absent())};
    case v1::Answer::VALUE_NOT_SET:
      break;
  }
  return std::nullopt;
}

void Fill(const Answer& answer, v1::Answer* out) {
  out->set_item(answer.item);
  if (const auto* option = std::get_if<ChosenOption>(&answer.value)) {
    out->set_option(option->code);
  } else if (const auto* number = std::get_if<std::int64_t>(&answer.value)) {
    out->set_number(*number);
  } else if (const auto* text = std::get_if<FreeText>(&answer.value)) {
    out->set_text(text->text);
  } else {
    out->set_absent(static_cast<v1::Answer::AbsentReason>(std::get<AbsentReason>(answer.value)));
  }
}

v1::ChangeLabel LabelOf(ChangeLabel label) {
  switch (label) {
    case ChangeLabel::kReliablyBetter:
      return v1::CHANGE_LABEL_RELIABLY_BETTER;
    case ChangeLabel::kWithinError:
      return v1::CHANGE_LABEL_WITHIN_ERROR;
    case ChangeLabel::kReliablyWorse:
      return v1::CHANGE_LABEL_RELIABLY_WORSE;
    case ChangeLabel::kNoPublishedThreshold:
      return v1::CHANGE_LABEL_NO_PUBLISHED_THRESHOLD;
  }
  return v1::CHANGE_LABEL_UNSPECIFIED;
}

void FillValue(const OutcomeDefinition& definition, double position, v1::Outcome* out) {
  switch (definition.kind) {
    case OutcomeKind::kNumber:
      out->set_number(position);
      break;
    case OutcomeKind::kStage:
      out->set_stage(definition.stages[static_cast<std::size_t>(position)].code);
      break;
    case OutcomeKind::kFlag:
      out->set_flag(position != 0);
      break;
  }
}

void FillBands(const OutcomeDefinition& definition, double position, v1::Outcome* out) {
  for (const BandSystem& system : definition.band_systems) {
    const Band& band = BandOf(system, position);
    v1::BandPlacement* placement = out->add_bands();
    placement->set_system(system.code);
    placement->set_band(band.code);
    placement->set_label(band.label);
    placement->set_severity(band.severity);
    placement->set_max_severity(static_cast<int>(system.bands.size()) - 1);
  }
}

void FillChange(const OutcomeDefinition& definition, const storage::Point& earlier, double now,
                LabelSet instrument_labels, v1::Change* out) {
  const Change change = ClassifyChange(definition, *earlier.position, now);
  out->set_assessment(rpc::MakeName("assessments", earlier.place.id));
  *out->mutable_effective_time() = rpc::ToTimestamp(earlier.place.effective_time);
  out->set_difference(change.difference);
  out->set_label(LabelOf(change.label));
  if (change.response.has_value()) out->set_response(*change.response);
  for (const std::string& system : change.bands_crossed) out->add_bands_crossed(system);
  rpc::PutLabels(earlier.labels | instrument_labels, out->mutable_labels());
}

void AddOutcomes(const Instrument& instrument, const Assessment& assessment, const EarlierByOutcome& earlier,
                 v1::Assessment* out) {
  // The order of the instrument, whatever the order of the rows.
  for (const OutcomeDefinition& definition : instrument.outcomes) {
    for (const OutcomeValue& value : assessment.result.outcomes) {
      if (value.code != definition.code) continue;
      const auto it = earlier.find(value.code);
      *out->add_outcomes() = ToProto(definition, value, it == earlier.end() ? storage::Earlier() : it->second,
                                     instrument.assessment_labels);
    }
  }
}

void AddCriticalAnswers(const Instrument& instrument, const Assessment& assessment, v1::Assessment* out) {
  for (const CriticalRule& rule : instrument.critical) {
    for (const CriticalHit& hit : assessment.result.critical) {
      if (hit.rule != rule.code) continue;
      v1::CriticalAnswer* added = out->add_critical_answers();
      added->set_item(hit.item);
      added->set_rule(hit.rule);
      added->set_level(ToProto(hit.level));
    }
  }
}

v1::RecordedOutcome RecordedOf(const v1::Outcome& outcome) {
  v1::RecordedOutcome out;
  LabelSet compared;
  out.set_code(outcome.code());
  out.set_kind(outcome.kind());
  if (outcome.value_case() == v1::Outcome::kNumber) out.set_number(outcome.number());
  if (outcome.value_case() == v1::Outcome::kStage) out.set_stage(outcome.stage());
  if (outcome.value_case() == v1::Outcome::kFlag) out.set_flag(outcome.flag());
  if (outcome.bands_size() > 0) out.set_band(outcome.bands(0).band());
  if (outcome.has_severity()) out.set_severity(outcome.severity());
  if (outcome.has_max_severity()) out.set_max_severity(outcome.max_severity());
  out.set_incomplete(outcome.incomplete());
  if (outcome.has_change_from_baseline()) {
    out.set_change_from_baseline(outcome.change_from_baseline().label());
    out.set_difference_from_baseline(outcome.change_from_baseline().difference());
    compared = compared | rpc::LabelsFrom(outcome.change_from_baseline().labels());
  }
  if (outcome.has_change_from_previous()) {
    out.set_change_from_previous(outcome.change_from_previous().label());
    out.set_difference_from_previous(outcome.change_from_previous().difference());
    compared = compared | rpc::LabelsFrom(outcome.change_from_previous().labels());
  }
  rpc::PutLabels(compared, out.mutable_change_labels());
  return out;
}

}  // namespace

absl::StatusOr<std::vector<Answer>> AnswersFromProto(const google::protobuf::RepeatedPtrField<v1::Answer>& answers) {
  Error error(absl::StatusCode::kInvalidArgument, "INVALID_ANSWERS", "the answers do not fit the instrument");
  bool wrong = false;
  std::vector<Answer> out;
  for (int i = 0; i < answers.size(); ++i) {
    std::optional<Answer> answer = FromProto(answers[i]);
    if (answer.has_value()) {
      out.push_back(*std::move(answer));
    } else {
      wrong = true;
      error.Field(absl::StrCat(kAnswers, "[", i, "]"),
                  absl::StrCat("item ", answers[i].item(), ": one of option, number, text and absent must be set"));
    }
  }
  if (wrong) return error;
  return out;
}

absl::StatusOr<std::optional<absl::Time>> EffectiveTimeFromProto(const v1::Assessment& assessment, absl::Time now) {
  if (!assessment.has_effective_time()) return std::nullopt;
  const google::protobuf::Timestamp& stamp = assessment.effective_time();
  const absl::Time time = rpc::FromTimestamp(stamp);
  if (stamp.nanos() < 0 || stamp.nanos() > 999'999'999 || time < EarliestEffectiveTime()) {
    return InvalidField(kEffectiveTime, "must be a moment after 1899");
  }
  if (time > LatestEffectiveTime(now)) return InvalidField(kEffectiveTime, "lies in the future");
  return time;
}

v1::Outcome ToProto(const OutcomeDefinition& definition, const OutcomeValue& value, const storage::Earlier& earlier,
                    LabelSet instrument_labels) {
  v1::Outcome out;
  out.set_code(definition.code);
  out.set_kind(ToProto(definition.kind));
  out.set_incomplete(value.incomplete);
  if (const std::optional<int> largest = LargestSeverity(definition)) out.set_max_severity(*largest);
  if (!value.position.has_value()) return out;
  FillValue(definition, *value.position, &out);
  FillBands(definition, *value.position, &out);
  if (const std::optional<int> severity = SeverityOf(definition, *value.position)) out.set_severity(*severity);
  if (earlier.baseline.has_value()) {
    FillChange(definition, *earlier.baseline, *value.position, instrument_labels, out.mutable_change_from_baseline());
  }
  if (earlier.previous.has_value()) {
    FillChange(definition, *earlier.previous, *value.position, instrument_labels, out.mutable_change_from_previous());
  }
  return out;
}

v1::Assessment ToProto(const Instrument& instrument, const Assessment& assessment, const EarlierByOutcome& earlier) {
  v1::Assessment out;
  out.set_person(rpc::MakeName("persons", assessment.person));
  out.set_instrument(InstrumentName(assessment.instrument));
  out.set_instrument_version(assessment.instrument_version);
  *out.mutable_effective_time() = rpc::ToTimestamp(assessment.effective_time);
  out.set_method(static_cast<v1::Assessment::Method>(assessment.method));
  AddOutcomes(instrument, assessment, earlier, &out);
  AddCriticalAnswers(instrument, assessment, &out);
  out.set_recorder(rpc::MakeName("users", assessment.recorder));
  rpc::PutLabels(assessment.labels | instrument.assessment_labels, out.mutable_labels());
  if (assessment.id.is_nil()) return out;
  out.set_name(rpc::MakeName("assessments", assessment.id));
  out.set_state(static_cast<v1::Assessment::State>(assessment.state));
  out.set_etag(rpc::MakeEtag(assessment.revision));
  *out.mutable_create_time() = rpc::ToTimestamp(assessment.create_time);
  *out.mutable_update_time() = rpc::ToTimestamp(assessment.update_time);
  return out;
}

void AddAnswers(const std::vector<Answer>& answers, v1::Assessment* out) {
  for (const Answer& answer : answers) Fill(answer, out->add_answers());
}

v1::AssessmentRecorded EventOf(const v1::Assessment& assessment, bool latest) {
  v1::AssessmentRecorded event;
  event.set_assessment(assessment.name());
  event.set_person(assessment.person());
  event.set_instrument(assessment.instrument());
  event.set_instrument_version(assessment.instrument_version());
  *event.mutable_effective_time() = assessment.effective_time();
  event.set_latest(latest);
  for (const v1::Outcome& outcome : assessment.outcomes()) *event.add_outcomes() = RecordedOf(outcome);
  *event.mutable_critical_answers() = assessment.critical_answers();
  *event.mutable_labels() = assessment.labels();
  return event;
}

}  // namespace trellis::assessment
