#include "services/caseload/api/refresh.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "services/caseload/api/convert.h"
#include "services/caseload/storage/cases.h"
#include "services/caseload/storage/persons.h"
#include "services/caseload/storage/safety_alerts.h"
#include "services/caseload/storage/service_needs.h"
#include "services/caseload/storage/worklist.h"

namespace trellis::caseload {
namespace {

constexpr int kSweepBatch = 100;
constexpr absl::Duration kSweepMargin = absl::Seconds(2);  // left for the transaction at hand

absl::StatusOr<CaseFacts> LoadFacts(db::Session& tx, const Id& organization, const CaseRecord& record) {
  CaseFacts facts;
  facts.case_id = record.id;
  facts.open_time = record.open_time;
  facts.review_interval = record.review_interval;
  TRELLIS_ASSIGN_OR_RETURN(const auto alerts, OpenAlertsOf(tx, organization, record.person, kMaxReasons));
  for (const SafetyAlertRecord& alert : alerts) {
    facts.open_alerts.push_back(
        {alert.id, alert.open_time, alert.level, alert.instrument, alert.item, alert.rule, alert.labels});
  }
  TRELLIS_ASSIGN_OR_RETURN(facts.assessments, AssessmentsOf(tx, organization, record.person));
  TRELLIS_ASSIGN_OR_RETURN(facts.referrals, UnansweredReferralsOf(tx, organization, record.person));
  TRELLIS_ASSIGN_OR_RETURN(const auto needs, ListServiceNeeds(tx, organization, record.id, Id(), kMaxNeedsPerCase));
  for (const ServiceNeedRecord& need : needs) {
    facts.needs.push_back({need.id, need.state, need.state_time, need.system, need.code, need.labels});
  }
  return facts;
}

}  // namespace

absl::Status RefreshEntry(db::Session& tx, const Id& organization, const Id& person, const UrgencyRules& rules,
                          absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<CaseRecord> record, FindOpenCase(tx, organization, person));
  if (!record.has_value()) return absl::OkStatus();
  TRELLIS_ASSIGN_OR_RETURN(const CaseFacts facts, LoadFacts(tx, organization, *record));
  const Urgency urgency = Evaluate(facts, rules, now);
  EntryRecord entry;
  entry.person = person;
  entry.case_id = record->id;
  entry.coordinator = record->coordinator;
  entry.priority = urgency.priority;
  entry.sort_key = urgency.sort_key;
  entry.next_change = urgency.next_change;
  entry.entry = ToMessage(*record, facts, urgency).SerializeAsString();
  return SaveEntry(tx, organization, entry);
}

absl::Status SweepEntries(db::Pool& pool, const UrgencyRules& rules, absl::Time now, absl::Time deadline) {
  while (absl::Now() + kSweepMargin < deadline) {
    std::vector<std::pair<Id, Id>> due;
    TRELLIS_RETURN_IF_ERROR(pool.Read(deadline, [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(due, DueEntries(session, now, kSweepBatch));
      return absl::OkStatus();
    }));
    absl::Status failed;  // one line that cannot be made keeps no other from being made
    for (const auto& [organization, person] : due) {
      if (absl::Now() + kSweepMargin >= deadline) break;
      failed.Update(pool.Transact(deadline, [&](db::Session& tx) -> absl::Status {
        TRELLIS_RETURN_IF_ERROR(LockPerson(tx, organization, person, now));
        return RefreshEntry(tx, organization, person, rules, now);
      }));
    }
    TRELLIS_RETURN_IF_ERROR(failed);
    if (due.size() < kSweepBatch) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace trellis::caseload
