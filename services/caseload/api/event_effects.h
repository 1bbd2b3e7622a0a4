// What the events of other services change on the desk.
#ifndef TRELLIS_SERVICES_CASELOAD_API_EVENT_EFFECTS_H_
#define TRELLIS_SERVICES_CASELOAD_API_EVENT_EFFECTS_H_

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/feed/handlers.h"
#include "services/caseload/domain/urgency.h"
#include "trellis/assessment/v1/assessment_events.pb.h"
#include "trellis/events/v1/events.pb.h"
#include "trellis/identity/v1/identity_events.pb.h"
#include "trellis/referral/v1/referral_events.pb.h"

namespace trellis::caseload {

// Every effect is written in the transaction that also holds the follower's new position, and takes the person's lock
// first. An event that cannot be understood is an error: the feed waits there and says so, nothing is dropped.
// Thread-safe; lives as long as the followers.
class EventEffects {
 public:
  EventEffects(IdGenerator& ids, const Clock& clock, UrgencyRules rules) : ids_(ids), clock_(clock), rules_(rules) {}

  feed::Handlers OfAssessment();
  feed::Handlers OfReferral();
  // Runs after the replica of the access relations has taken the event.
  feed::Handlers OfIdentity();

 private:
  // Remembers the outcomes, opens an alert for each rule that was met: with or without a case.
  absl::Status Apply(db::Session& tx, const events::v1::Event& event,
                     const assessment::v1::AssessmentRecorded& recorded);
  // Starts the clock of silence anew and moves the need that the referral is for.
  absl::Status Apply(db::Session& tx, const events::v1::Event& event,
                     const referral::v1::ReferralStateChanged& changed);
  // The person's case is found under the new subject; populations keep their members.
  absl::Status Apply(db::Session& tx, const events::v1::Event& event, const identity::v1::RelationGranted& granted);
  absl::Status Apply(db::Session& tx, const events::v1::Event& event, const identity::v1::RelationRevoked& revoked);

  absl::Status OpenAlerts(db::Session& tx, const events::v1::Event& event, const Id& organization, const Id& person,
                          const Id& assessment, const assessment::v1::AssessmentRecorded& recorded);
  absl::Time Now() const;

  IdGenerator& ids_;
  const Clock& clock_;
  const UrgencyRules rules_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_EVENT_EFFECTS_H_
