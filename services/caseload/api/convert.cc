#include "services/caseload/api/convert.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/resource_name.h"

namespace trellis::caseload {

using rpc::MakeName;

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const std::int64_t micros = absl::ToUnixMicros(time);
  std::int64_t seconds = micros / 1'000'000;
  std::int64_t rest = micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  out->set_seconds(seconds);
  out->set_nanos(static_cast<std::int32_t>(rest * 1000));
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(time.seconds() * 1'000'000 + time.nanos() / 1000);
}

std::string EtagOf(std::int64_t version) { return absl::StrCat("v", version); }

absl::Status CheckEtag(absl::string_view etag, std::int64_t version) {
  if (etag.empty() || etag == EtagOf(version)) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH", "the resource was changed in between: read it again");
}

v1::Population ToMessage(const PopulationRecord& population) {
  v1::Population out;
  out.set_name(MakeName("populations", population.id));
  out.set_etag(EtagOf(population.version));
  SetTime(population.create_time, out.mutable_create_time());
  SetTime(population.update_time, out.mutable_update_time());
  out.set_display_name(population.display_name);
  out.set_kind(static_cast<v1::Population::Kind>(population.kind));
  out.set_description(population.description);
  out.set_member_count(population.member_count);
  return out;
}

v1::PopulationMember ToMessage(const Id& population, const MemberRecord& member) {
  v1::PopulationMember out;
  out.set_population(MakeName("populations", population));
  out.set_person(MakeName("persons", member.person));
  SetTime(member.add_time, out.mutable_add_time());
  return out;
}

v1::Case ToMessage(const CaseRecord& record, const CarePlanSummary& plan) {
  v1::Case out;
  out.set_name(MakeName("cases", record.id));
  out.set_etag(EtagOf(record.version));
  SetTime(record.open_time, out.mutable_open_time());
  SetTime(record.update_time, out.mutable_update_time());
  out.set_person(MakeName("persons", record.person));
  out.set_coordinator(MakeName("users", record.coordinator));
  out.mutable_review_interval()->set_seconds(absl::ToInt64Seconds(record.review_interval));
  out.set_state(static_cast<v1::Case::State>(record.state));
  if (record.close_time.has_value()) SetTime(*record.close_time, out.mutable_close_time());
  out.set_close_reason(static_cast<v1::Case::CloseReason>(record.close_reason));
  out.set_close_note(record.close_note);
  v1::CarePlanSummary& summary = *out.mutable_care_plan();
  summary.set_unmet_count(plan.unmet);
  summary.set_in_progress_count(plan.in_progress);
  summary.set_met_count(plan.met);
  summary.set_complete(plan.complete());
  return out;
}

v1::ServiceNeed ToMessage(const ServiceNeedRecord& need) {
  v1::ServiceNeed out;
  out.set_name(MakeName("serviceNeeds", need.id));
  out.set_etag(EtagOf(need.version));
  SetTime(need.create_time, out.mutable_create_time());
  SetTime(need.update_time, out.mutable_update_time());
  out.set_case_record(MakeName("cases", need.case_id));
  out.set_person(MakeName("persons", need.person));
  out.mutable_need()->set_system(need.system);
  out.mutable_need()->set_code(need.code);
  out.mutable_need()->set_display(need.display);
  out.set_note(need.note);
  out.set_state(static_cast<v1::ServiceNeed::State>(need.state));
  SetTime(need.state_time, out.mutable_state_time());
  if (need.referral.has_value()) out.set_referral(MakeName("referrals", *need.referral));
  return out;
}

v1::SafetyAlert ToMessage(const SafetyAlertRecord& alert, const std::optional<Id>& open_case) {
  v1::SafetyAlert out;
  out.set_name(MakeName("safetyAlerts", alert.id));
  out.set_etag(EtagOf(alert.version));
  out.set_person(MakeName("persons", alert.person));
  if (open_case.has_value()) out.set_case_record(MakeName("cases", *open_case));
  out.set_assessment(MakeName("assessments", alert.assessment));
  out.set_instrument(alert.instrument);
  out.set_rule(alert.rule);
  out.set_item(alert.item);
  out.set_level(static_cast<v1::SafetyAlert::Level>(alert.level));
  out.set_state(static_cast<v1::SafetyAlert::State>(alert.state));
  SetTime(alert.open_time, out.mutable_open_time());
  if (alert.acknowledge_time.has_value()) SetTime(*alert.acknowledge_time, out.mutable_acknowledge_time());
  if (alert.acknowledged_by.has_value()) out.set_acknowledged_by(MakeName("users", *alert.acknowledged_by));
  out.set_action(static_cast<v1::SafetyAlert::Action>(alert.action));
  out.set_action_note(alert.action_note);
  return out;
}

v1::WorklistEntry ToMessage(const CaseRecord& record, const CaseFacts& facts, const Urgency& urgency) {
  v1::WorklistEntry out;
  out.set_case_record(MakeName("cases", record.id));
  out.set_person(MakeName("persons", record.person));
  out.set_coordinator(MakeName("users", record.coordinator));
  out.set_priority(urgency.priority);
  for (const Reason& reason : urgency.reasons) {
    v1::WorklistReason& added = *out.add_reasons();
    added.set_code(static_cast<v1::WorklistReason::Code>(reason.code));
    SetTime(reason.since, added.mutable_since_time());
    added.set_record(reason.record);
    for (const auto& [key, value] : reason.values) {
      v1::WorklistReason::Value& explained = *added.add_values();
      explained.set_key(key);
      explained.set_value(value);
    }
  }
  if (const LatestAssessment* last = LastOf(facts.assessments)) {
    v1::AssessmentSummary& summary = *out.mutable_last_assessment();
    summary.set_assessment(MakeName("assessments", last->assessment));
    summary.set_instrument(last->instrument);
    SetTime(last->effective_time, summary.mutable_effective_time());
    summary.set_outcome(last->principal.code);
    if (last->principal.number.has_value()) summary.set_number(*last->principal.number);
    summary.set_stage(last->principal.stage);
    if (last->principal.flag.has_value()) summary.set_flag(*last->principal.flag);
    summary.set_band(last->principal.band);
  }
  SetTime(urgency.next_due, out.mutable_next_due_time());
  return out;
}

}  // namespace trellis::caseload
