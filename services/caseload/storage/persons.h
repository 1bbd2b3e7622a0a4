// What is known about a person besides cases and alerts: the lock, the latest assessments, the referrals.
#ifndef TRELLIS_SERVICES_CASELOAD_STORAGE_PERSONS_H_
#define TRELLIS_SERVICES_CASELOAD_STORAGE_PERSONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/caseload/domain/outcome.h"
#include "services/caseload/domain/urgency.h"

namespace trellis::caseload {

// Taken first by everything that changes what is known about a person, held to the end of the transaction: two changes
// never work on the same facts.
absl::Status LockPerson(db::Session& tx, const Id& organization, const Id& person, absl::Time now);

// Keeps `latest` unless a later one with the same instrument is known. Expects the lock.
absl::Status RememberAssessment(db::Session& tx, const Id& organization, const Id& person,
                                const LatestAssessment& latest);
// One for each instrument, at most 100.
absl::StatusOr<std::vector<LatestAssessment>> AssessmentsOf(db::Session& session, const Id& organization,
                                                            const Id& person);

struct ReferralRecord {
  Id id;
  Id person;
  std::optional<Id> service_need;
  ReferralState state = ReferralState::kDraft;
  absl::Time state_time;
};
absl::Status SaveReferral(db::Session& tx, const Id& organization, const ReferralRecord& referral);
// Those that await an answer, at most 100, longest waiting first.
absl::StatusOr<std::vector<CaseFacts::Referral>> UnansweredReferralsOf(db::Session& session, const Id& organization,
                                                                       const Id& person);
// The states of the referrals for one need, one of each state.
absl::StatusOr<std::vector<ReferralState>> ReferralStatesFor(db::Session& session, const Id& organization,
                                                             const Id& service_need);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_STORAGE_PERSONS_H_
