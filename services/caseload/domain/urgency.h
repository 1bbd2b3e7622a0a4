// What makes an open case urgent now, and what will make it urgent later.
#ifndef TRELLIS_SERVICES_CASELOAD_DOMAIN_URGENCY_H_
#define TRELLIS_SERVICES_CASELOAD_DOMAIN_URGENCY_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "services/caseload/domain/outcome.h"
#include "services/caseload/domain/states.h"

namespace trellis::caseload {

// Product defaults, no clinical norms: what a person's care asks for is set on the case.
inline constexpr absl::Duration kDefaultReviewInterval = absl::Hours(24 * 28);
inline constexpr absl::Duration kMinReviewInterval = absl::Hours(24);
inline constexpr absl::Duration kMaxReviewInterval = absl::Hours(24 * 366);
inline constexpr absl::Duration kDefaultSilence = absl::Hours(24 * 7);

// The reasons, gravest first; the value is the priority that the reason gives.
enum class ReasonCode {
  kAlertOpen = 1,
  kReliablyWorse = 2,
  kAssessmentOverdue = 3,
  kReferralSilent = 4,
  kNeedUnmet = 5,
};
inline constexpr int kNoReasonPriority = 9;
inline constexpr int kMaxReasons = 50;

struct Reason {
  ReasonCode code = ReasonCode::kNeedUnmet;
  absl::Time since;
  std::string record;                                       // name of the record that causes it
  std::vector<std::pair<std::string, std::string>> values;  // what explains it
  bool urgent = false;                                      // before others of the same code
  LabelSet labels = {};                                     // of what the values tell
};

// Everything that is known about one open case.
struct CaseFacts {
  struct Alert {
    Id id;
    absl::Time open_time;
    AlertLevel level = AlertLevel::kHigh;
    std::string instrument, item, rule;
    LabelSet labels = {};
  };
  struct Referral {
    Id id;
    ReferralState state = ReferralState::kDraft;
    absl::Time state_time;
  };
  struct Need {
    Id id;
    NeedState state = NeedState::kUnmet;
    absl::Time state_time;
    std::string system, code;
    LabelSet labels = {};
  };

  Id case_id;
  absl::Time open_time;
  absl::Duration review_interval = kDefaultReviewInterval;
  std::vector<Alert> open_alerts;
  std::vector<LatestAssessment> assessments;  // one for each instrument
  std::vector<Referral> referrals;
  std::vector<Need> needs;
};

struct UrgencyRules {
  absl::Duration silence = kDefaultSilence;  // after which an unanswered referral is silent
};

struct Urgency {
  int priority = kNoReasonPriority;
  std::vector<Reason> reasons;  // gravest first, older first, at most kMaxReasons
  absl::Time next_due;          // of the next assessment
  // When time alone will change the reasons. Nothing: not before another fact changes.
  std::optional<absl::Time> next_change;
  // Orders cases: bytes compared from the left, smaller first. Unique for each case.
  std::string sort_key;
};

// The order of cases: the gravest reason decides (priority 1 to 5, then 9); among open alerts urgent ones come first;
// then the older reason; then the case's id. Without a reason: whose next assessment is due first.
Urgency Evaluate(const CaseFacts& facts, const UrgencyRules& rules, absl::Time now);

// The latest of all instruments; nullptr where there is none.
const LatestAssessment* LastOf(const std::vector<LatestAssessment>& assessments);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_DOMAIN_URGENCY_H_
