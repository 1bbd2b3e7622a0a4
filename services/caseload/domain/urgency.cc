#include "services/caseload/domain/urgency.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace trellis::caseload {
namespace {

std::string Name(absl::string_view collection, const Id& id) { return absl::StrCat(collection, "/", id.ToString()); }

void AddAlerts(const CaseFacts& facts, std::vector<Reason>& reasons) {
  for (const CaseFacts::Alert& alert : facts.open_alerts) {
    const bool urgent = alert.level == AlertLevel::kUrgent;
    reasons.push_back({.code = ReasonCode::kAlertOpen,
                       .since = alert.open_time,
                       .record = Name("safetyAlerts", alert.id),
                       .values = {{"instrument", alert.instrument},
                                  {"item", alert.item},
                                  {"rule", alert.rule},
                                  {"level", urgent ? "urgent" : "high"}},
                       .urgent = urgent,
                       .labels = alert.labels});
  }
}

void AddWorse(const CaseFacts& facts, std::vector<Reason>& reasons) {
  for (const LatestAssessment& latest : facts.assessments) {
    if (!latest.worse.has_value()) continue;
    const Outcome& outcome = *latest.worse;
    Reason& reason = reasons.emplace_back();
    reason.code = ReasonCode::kReliablyWorse;
    reason.since = latest.effective_time;
    reason.record = Name("assessments", latest.assessment);
    reason.values = {{"instrument", latest.instrument}, {"outcome", outcome.code}};
    if (outcome.number.has_value()) reason.values.emplace_back("number", absl::StrCat(*outcome.number));
    if (!outcome.stage.empty()) reason.values.emplace_back("stage", outcome.stage);
    if (!outcome.band.empty()) reason.values.emplace_back("band", outcome.band);
    reason.labels = latest.labels | latest.worse_labels;
    const bool both = latest.worse_than_baseline && latest.worse_than_previous;
    reason.values.emplace_back("against", both                         ? "baseline,previous"
                                          : latest.worse_than_baseline ? "baseline"
                                                                       : "previous");
  }
}

void AddOverdue(const CaseFacts& facts, absl::Time due, absl::Time now, std::vector<Reason>& reasons) {
  if (now < due) return;
  Reason& reason = reasons.emplace_back();
  reason.code = ReasonCode::kAssessmentOverdue;
  reason.since = due;
  reason.record = Name("cases", facts.case_id);
  reason.values = {{"interval_days", absl::StrCat(facts.review_interval / absl::Hours(24))}};
  if (const LatestAssessment* last = LastOf(facts.assessments)) {
    reason.values.emplace_back("last",
                               absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", last->effective_time, absl::UTCTimeZone()));
  }
}

void AddSilent(const CaseFacts& facts, const UrgencyRules& rules, absl::Time now, std::vector<Reason>& reasons) {
  for (const CaseFacts::Referral& referral : facts.referrals) {
    if (!AwaitsAnswer(referral.state) || now < referral.state_time + rules.silence) continue;
    const char* state = referral.state == ReferralState::kRequested ? "requested" : "accepted";
    reasons.push_back({.code = ReasonCode::kReferralSilent,
                       .since = referral.state_time + rules.silence,
                       .record = Name("referrals", referral.id),
                       .values = {{"state", state}, {"silent_days", absl::StrCat(rules.silence / absl::Hours(24))}}});
  }
}

void AddUnmet(const CaseFacts& facts, std::vector<Reason>& reasons) {
  for (const CaseFacts::Need& need : facts.needs) {
    if (need.state != NeedState::kUnmet) continue;
    reasons.push_back({.code = ReasonCode::kNeedUnmet,
                       .since = need.state_time,
                       .record = Name("serviceNeeds", need.id),
                       .values = {{"system", need.system}, {"code", need.code}},
                       .labels = need.labels});
  }
}

bool Before(const Reason& a, const Reason& b) {
  return std::make_tuple(a.code, !a.urgent, a.since, absl::string_view(a.record)) <
         std::make_tuple(b.code, !b.urgent, b.since, absl::string_view(b.record));
}

std::optional<absl::Time> NextChange(const CaseFacts& facts, const UrgencyRules& rules, absl::Time due,
                                     absl::Time now) {
  std::optional<absl::Time> next;
  const auto consider = [&](absl::Time time) {
    if (time > now && (!next.has_value() || time < *next)) next = time;
  };
  consider(due);
  for (const CaseFacts::Referral& referral : facts.referrals) {
    if (AwaitsAnswer(referral.state)) consider(referral.state_time + rules.silence);
  }
  return next;
}

// One byte for the class, eight for the time (microseconds; the top bit turned so that bytes sort like numbers), the
// id.
std::string SortKey(const Urgency& urgency, const Id& case_id) {
  const bool reasoned = !urgency.reasons.empty();
  const bool first_in_class = reasoned && urgency.reasons.front().urgent;
  const absl::Time since = reasoned ? urgency.reasons.front().since : urgency.next_due;
  std::string key;
  key.push_back(static_cast<char>(urgency.priority * 2 + (first_in_class ? 0 : 1)));
  const std::uint64_t micros = static_cast<std::uint64_t>(absl::ToUnixMicros(since)) ^ (std::uint64_t{1} << 63);
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>((micros >> shift) & 0xff));
  key += case_id.bytes();
  return key;
}

}  // namespace

const LatestAssessment* LastOf(const std::vector<LatestAssessment>& assessments) {
  const auto last = std::max_element(
      assessments.begin(), assessments.end(), [](const LatestAssessment& a, const LatestAssessment& b) {
        return std::tie(a.effective_time, a.instrument) < std::tie(b.effective_time, b.instrument);
      });
  return last == assessments.end() ? nullptr : &*last;
}

Urgency Evaluate(const CaseFacts& facts, const UrgencyRules& rules, absl::Time now) {
  Urgency urgency;
  const LatestAssessment* last = LastOf(facts.assessments);
  urgency.next_due = (last == nullptr ? facts.open_time : last->effective_time) + facts.review_interval;

  AddAlerts(facts, urgency.reasons);
  AddWorse(facts, urgency.reasons);
  AddOverdue(facts, urgency.next_due, now, urgency.reasons);
  AddSilent(facts, rules, now, urgency.reasons);
  AddUnmet(facts, urgency.reasons);
  std::sort(urgency.reasons.begin(), urgency.reasons.end(), Before);
  if (urgency.reasons.size() > kMaxReasons) urgency.reasons.resize(kMaxReasons);

  if (!urgency.reasons.empty()) urgency.priority = static_cast<int>(urgency.reasons.front().code);
  urgency.next_change = NextChange(facts, rules, urgency.next_due, now);
  urgency.sort_key = SortKey(urgency, facts.case_id);
  return urgency;
}

}  // namespace trellis::caseload
