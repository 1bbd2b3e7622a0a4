#include "services/caseload/api/convert.h"

#include "common/rpc/etag.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"

namespace trellis::caseload {

using rpc::MakeEtag;
using rpc::MakeName;
using rpc::ToTimestamp;

v1::Population ToMessage(const PopulationRecord& population) {
  v1::Population out;
  out.set_name(MakeName("populations", population.id));
  out.set_etag(MakeEtag(population.version));
  *out.mutable_create_time() = ToTimestamp(population.create_time);
  *out.mutable_update_time() = ToTimestamp(population.update_time);
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
  *out.mutable_add_time() = ToTimestamp(member.add_time);
  return out;
}

v1::Case ToMessage(const CaseRecord& record, const CarePlanSummary& plan) {
  v1::Case out;
  out.set_name(MakeName("cases", record.id));
  out.set_etag(MakeEtag(record.version));
  *out.mutable_open_time() = ToTimestamp(record.open_time);
  *out.mutable_update_time() = ToTimestamp(record.update_time);
  out.set_person(MakeName("persons", record.person));
  out.set_coordinator(MakeName("users", record.coordinator));
  out.mutable_review_interval()->set_seconds(absl::ToInt64Seconds(record.review_interval));
  out.set_state(static_cast<v1::Case::State>(record.state));
  if (record.close_time.has_value()) *out.mutable_close_time() = ToTimestamp(*record.close_time);
  out.set_close_reason(static_cast<v1::Case::CloseReason>(record.close_reason));
  v1::CarePlanSummary& summary = *out.mutable_care_plan();
  summary.set_unmet_count(plan.unmet);
  summary.set_in_progress_count(plan.in_progress);
  summary.set_met_count(plan.met);
  summary.set_complete(plan.complete());
  rpc::PutLabels(record.labels, out.mutable_labels());
  return out;
}

v1::ServiceNeed ToMessage(const ServiceNeedRecord& need) {
  v1::ServiceNeed out;
  out.set_name(MakeName("serviceNeeds", need.id));
  out.set_etag(MakeEtag(need.version));
  *out.mutable_create_time() = ToTimestamp(need.create_time);
  *out.mutable_update_time() = ToTimestamp(need.update_time);
  out.set_case_record(MakeName("cases", need.case_id));
  out.set_person(MakeName("persons", need.person));
  out.mutable_need()->set_system(need.system);
  out.mutable_need()->set_code(need.code);
  out.set_state(static_cast<v1::ServiceNeed::State>(need.state));
  *out.mutable_state_time() = ToTimestamp(need.state_time);
  if (need.referral.has_value()) out.set_referral(MakeName("referrals", *need.referral));
  rpc::PutLabels(need.labels, out.mutable_labels());
  return out;
}

v1::SafetyAlert ToMessage(const SafetyAlertRecord& alert, const std::optional<Id>& open_case) {
  v1::SafetyAlert out;
  out.set_name(MakeName("safetyAlerts", alert.id));
  out.set_etag(MakeEtag(alert.version));
  out.set_person(MakeName("persons", alert.person));
  if (open_case.has_value()) out.set_case_record(MakeName("cases", *open_case));
  out.set_assessment(MakeName("assessments", alert.assessment));
  out.set_instrument(alert.instrument);
  out.set_rule(alert.rule);
  out.set_item(alert.item);
  out.set_level(static_cast<v1::SafetyAlert::Level>(alert.level));
  out.set_state(static_cast<v1::SafetyAlert::State>(alert.state));
  *out.mutable_open_time() = ToTimestamp(alert.open_time);
  if (alert.acknowledge_time.has_value()) *out.mutable_acknowledge_time() = ToTimestamp(*alert.acknowledge_time);
  if (alert.acknowledged_by.has_value()) out.set_acknowledged_by(MakeName("users", *alert.acknowledged_by));
  out.set_action(static_cast<v1::SafetyAlert::Action>(alert.action));
  rpc::PutLabels(alert.labels, out.mutable_labels());
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
    *added.mutable_since_time() = ToTimestamp(reason.since);
    added.set_record(reason.record);
    rpc::PutLabels(reason.labels, added.mutable_labels());
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
    *summary.mutable_effective_time() = ToTimestamp(last->effective_time);
    summary.set_outcome(last->principal.code);
    if (last->principal.number.has_value()) summary.set_number(*last->principal.number);
    summary.set_stage(last->principal.stage);
    if (last->principal.flag.has_value()) summary.set_flag(*last->principal.flag);
    summary.set_band(last->principal.band);
    rpc::PutLabels(last->labels, summary.mutable_labels());
  }
  *out.mutable_next_due_time() = ToTimestamp(urgency.next_due);
  return out;
}

}  // namespace trellis::caseload
