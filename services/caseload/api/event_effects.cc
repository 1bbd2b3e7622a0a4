#include "services/caseload/api/event_effects.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "common/runtime/write.h"
#include "services/caseload/api/convert.h"
#include "services/caseload/api/refresh.h"
#include "services/caseload/domain/alert_rules.h"
#include "services/caseload/storage/persons.h"
#include "services/caseload/storage/populations.h"
#include "services/caseload/storage/safety_alerts.h"
#include "services/caseload/storage/service_needs.h"
#include "services/caseload/storage/worklist.h"
#include "trellis/caseload/v1/caseload_events.pb.h"

namespace trellis::caseload {
namespace {

using assessment::v1::AssessmentRecorded;
using assessment::v1::RecordedOutcome;
using referral::v1::ReferralStateChanged;
using rpc::MakeName;
using rpc::ParseName;

Outcome OutcomeOf(const RecordedOutcome& recorded) {
  Outcome outcome;
  outcome.code = recorded.code();
  if (recorded.has_number()) outcome.number = recorded.number();
  outcome.stage = recorded.stage();
  if (recorded.has_flag()) outcome.flag = recorded.flag();
  outcome.band = recorded.band();
  return outcome;
}

LatestAssessment LatestOf(const Id& assessment, const AssessmentRecorded& recorded) {
  constexpr auto kWorse = assessment::v1::CHANGE_LABEL_RELIABLY_WORSE;
  LatestAssessment latest;
  latest.instrument = recorded.instrument();
  latest.assessment = assessment;
  latest.effective_time = rpc::FromTimestamp(recorded.effective_time());
  latest.labels = rpc::LabelsFrom(recorded.labels());
  if (recorded.outcomes_size() > 0) latest.principal = OutcomeOf(recorded.outcomes(0));
  for (const RecordedOutcome& outcome : recorded.outcomes()) {
    latest.worse_than_baseline = outcome.change_from_baseline() == kWorse;
    latest.worse_than_previous = outcome.change_from_previous() == kWorse;
    if (!latest.worse_than_baseline && !latest.worse_than_previous) continue;
    latest.worse = OutcomeOf(outcome);
    latest.worse_labels = rpc::LabelsFrom(outcome.change_labels());
    break;
  }
  return latest;
}

std::vector<CriticalAnswer> CriticalAnswersOf(const AssessmentRecorded& recorded) {
  std::vector<CriticalAnswer> answers;
  for (const auto& critical : recorded.critical_answers()) {
    const bool urgent = critical.level() == assessment::v1::CRITICAL_LEVEL_URGENT;
    answers.push_back({critical.rule(), critical.item(), urgent ? AlertLevel::kUrgent : AlertLevel::kHigh});
  }
  return answers;
}

absl::Status MoveNeed(db::Session& tx, const Id& organization, const ReferralRecord& referral, absl::Time now) {
  if (!referral.service_need.has_value()) return absl::OkStatus();
  TRELLIS_ASSIGN_OR_RETURN(std::optional<ServiceNeedRecord> need,
                           FindServiceNeed(tx, organization, *referral.service_need));
  // Whoever made the referral named the need: it counts only where it is this person's.
  if (!need.has_value() || need->person != referral.person || need->settled) return absl::OkStatus();
  TRELLIS_ASSIGN_OR_RETURN(const auto states, ReferralStatesFor(tx, organization, need->id));
  const NeedState state = NeedStateFrom(states);
  if (state == need->state) return absl::OkStatus();
  need->state = state;
  need->state_time = referral.state_time;
  need->referral = referral.id;
  need->update_time = now;
  ++need->version;
  return SaveServiceNeed(tx, organization, *need);
}

struct PersonRelation {
  Id organization;
  Id person;
  Id subject;
  bool membership = false;
};

// Nothing where the relation is not one to a person, or an emergency: that puts nobody on a worklist.
template <class Payload>
absl::StatusOr<std::optional<PersonRelation>> RelationOf(const events::v1::Event& event, const Payload& payload) {
  if (!absl::StartsWith(payload.resource(), "persons/")) return std::nullopt;
  if (payload.kind() == identity::v1::RELATION_KIND_EMERGENCY) return std::nullopt;
  PersonRelation relation;
  relation.membership = payload.kind() == identity::v1::RELATION_KIND_MEMBER;
  TRELLIS_ASSIGN_OR_RETURN(relation.organization, feed::OrganizationOf(event));
  TRELLIS_ASSIGN_OR_RETURN(relation.person, ParseName("persons", payload.resource(), "resource"));
  TRELLIS_ASSIGN_OR_RETURN(relation.subject,
                           ParseName(relation.membership ? "populations" : "users", payload.subject(), "subject"));
  return relation;
}

}  // namespace

absl::Time EventEffects::Now() const { return absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now())); }

feed::Handlers EventEffects::OfAssessment() {
  feed::Handlers handlers;
  handlers.On<AssessmentRecorded>([this](db::Session& tx, const events::v1::Event& event,
                                         const AssessmentRecorded& recorded) { return Apply(tx, event, recorded); });
  return handlers;
}

feed::Handlers EventEffects::OfReferral() {
  feed::Handlers handlers;
  handlers.On<ReferralStateChanged>([this](db::Session& tx, const events::v1::Event& event,
                                           const ReferralStateChanged& changed) { return Apply(tx, event, changed); });
  return handlers;
}

feed::Handlers EventEffects::OfIdentity() {
  feed::Handlers handlers;
  handlers
      .On<identity::v1::RelationGranted>(
          [this](db::Session& tx, const events::v1::Event& event, const identity::v1::RelationGranted& granted) {
            return Apply(tx, event, granted);
          })
      .On<identity::v1::RelationRevoked>(
          [this](db::Session& tx, const events::v1::Event& event, const identity::v1::RelationRevoked& revoked) {
            return Apply(tx, event, revoked);
          });
  return handlers;
}

absl::Status EventEffects::Apply(db::Session& tx, const events::v1::Event& event, const AssessmentRecorded& recorded) {
  TRELLIS_ASSIGN_OR_RETURN(const Id organization, feed::OrganizationOf(event));
  TRELLIS_ASSIGN_OR_RETURN(const Id person, ParseName("persons", recorded.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(const Id assessment, ParseName("assessments", recorded.assessment(), "assessment"));
  TRELLIS_RETURN_IF_ERROR(LockPerson(tx, organization, person, Now()));
  TRELLIS_RETURN_IF_ERROR(RememberAssessment(tx, organization, person, LatestOf(assessment, recorded)));
  TRELLIS_RETURN_IF_ERROR(OpenAlerts(tx, event, organization, person, assessment, recorded));
  return RefreshEntry(tx, organization, person, rules_, Now());
}

absl::Status EventEffects::OpenAlerts(db::Session& tx, const events::v1::Event& event, const Id& organization,
                                      const Id& person, const Id& assessment, const AssessmentRecorded& recorded) {
  for (const CriticalAnswer& answer : AlertsFor(CriticalAnswersOf(recorded))) {
    SafetyAlertRecord alert;
    alert.id = crypto::DeriveId(assessment, AlertPurpose(answer.rule));
    alert.person = person;
    alert.assessment = assessment;
    alert.instrument = recorded.instrument();
    alert.rule = answer.rule;
    alert.item = answer.item;
    alert.level = answer.level;
    alert.labels = rpc::LabelsFrom(recorded.labels());
    alert.open_time = rpc::FromTimestamp(event.occur_time());
    TRELLIS_ASSIGN_OR_RETURN(const bool opened, InsertAlertOnce(tx, organization, alert));
    if (!opened) continue;
    v1::SafetyAlertOpened told;
    told.set_safety_alert(MakeName("safetyAlerts", alert.id));
    told.set_person(recorded.person());
    told.set_assessment(recorded.assessment());
    told.set_rule(alert.rule);
    told.set_level(static_cast<v1::SafetyAlert::Level>(alert.level));
    rpc::PutLabels(alert.labels, told.mutable_labels());
    *told.mutable_occur_time() = rpc::ToTimestamp(alert.open_time);
    runtime::WriteUnit unit(tx, ids_, organization, Now(), event.trace_id());
    TRELLIS_RETURN_IF_ERROR(unit.Publish(told));
  }
  return absl::OkStatus();
}

absl::Status EventEffects::Apply(db::Session& tx, const events::v1::Event& event, const ReferralStateChanged& changed) {
  TRELLIS_ASSIGN_OR_RETURN(const Id organization, feed::OrganizationOf(event));
  ReferralRecord referral;
  TRELLIS_ASSIGN_OR_RETURN(referral.person, ParseName("persons", changed.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(referral.id, ParseName("referrals", changed.referral(), "referral"));
  if (!changed.service_need().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(referral.service_need, ParseName("serviceNeeds", changed.service_need(), "service_need"));
  }
  if (changed.to() == referral::v1::Referral::STATE_UNSPECIFIED ||
      !referral::v1::Referral::State_IsValid(changed.to())) {
    return absl::InvalidArgumentError(
        absl::StrCat("event ", event.position(), ": state ", changed.to(), " is not known"));
  }
  referral.state = static_cast<ReferralState>(changed.to());
  referral.state_time = rpc::FromTimestamp(changed.occur_time());
  TRELLIS_RETURN_IF_ERROR(LockPerson(tx, organization, referral.person, Now()));
  TRELLIS_RETURN_IF_ERROR(SaveReferral(tx, organization, referral));
  TRELLIS_RETURN_IF_ERROR(MoveNeed(tx, organization, referral, Now()));
  return RefreshEntry(tx, organization, referral.person, rules_, Now());
}

absl::Status EventEffects::Apply(db::Session& tx, const events::v1::Event& event,
                                 const identity::v1::RelationGranted& granted) {
  TRELLIS_ASSIGN_OR_RETURN(const auto relation, RelationOf(event, granted));
  if (!relation.has_value()) return absl::OkStatus();
  TRELLIS_RETURN_IF_ERROR(LockPerson(tx, relation->organization, relation->person, Now()));
  TRELLIS_RETURN_IF_ERROR(PutLine(tx, relation->organization, relation->subject, relation->person));
  if (!relation->membership) return absl::OkStatus();
  return PutMember(tx, relation->organization, relation->subject, relation->person, Now());
}

absl::Status EventEffects::Apply(db::Session& tx, const events::v1::Event& event,
                                 const identity::v1::RelationRevoked& revoked) {
  TRELLIS_ASSIGN_OR_RETURN(const auto relation, RelationOf(event, revoked));
  if (!relation.has_value()) return absl::OkStatus();
  TRELLIS_RETURN_IF_ERROR(LockPerson(tx, relation->organization, relation->person, Now()));
  TRELLIS_RETURN_IF_ERROR(DropLine(tx, relation->organization, relation->subject, relation->person));
  if (!relation->membership) return absl::OkStatus();
  return DropMember(tx, relation->organization, relation->subject, relation->person, Now());
}

}  // namespace trellis::caseload
