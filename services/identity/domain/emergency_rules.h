// Emergency access to a person: how long it lasts, and who may end and review it.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_EMERGENCY_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_EMERGENCY_RULES_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "services/identity/domain/roles.h"

namespace trellis::identity {

// The numbers of the contract's EmergencyAccess.Verdict, as they are stored.
enum class Verdict : int {
  kNone = 0,  // still to be reviewed
  kJustified = 1,
  kNotJustified = 2,
};

// The numbers of the contract's EmergencyAccess.State.
enum class EmergencyState : int {
  kLive = 1,
  kExpired = 2,
  kEnded = 3,
};

struct EmergencyAccess {
  Id id;
  Id person;
  Id user;
  absl::Time start_time;
  absl::Time expire_time;
  std::optional<absl::Time> end_time = std::nullopt;  // before expire_time
  Verdict verdict = Verdict::kNone;
};

EmergencyState StateAt(const EmergencyAccess& access, absl::Time now);

inline constexpr absl::Duration kShortestEmergency = absl::Minutes(1);
inline constexpr absl::Duration kLongestEmergency = absl::Minutes(60);

// What the contract's field rules hold as well; here because everything rests on it. Errors: INVALID_ARGUMENT on
// "duration", "explanation".
absl::Status CheckRequest(absl::Duration duration, absl::string_view explanation);

// A privacy officer knows of all of the organization, others of their own.
bool MaySee(const EmergencyAccess& access, const Id& user, const Roles& roles);

// `access` is one that the caller may see. Error: FAILED_PRECONDITION EMERGENCY_ACCESS_OVER.
absl::Status CheckEnd(const EmergencyAccess& access, absl::Time now);

// Nobody reviews their own access, or one that still goes on, or one a second time. Errors: FAILED_PRECONDITION with
// OWN_EMERGENCY_ACCESS, EMERGENCY_ACCESS_LIVE, EMERGENCY_ACCESS_REVIEWED; INVALID_ARGUMENT on "verdict", "note".
absl::Status CheckReview(const EmergencyAccess& access, const Id& reviewer, int verdict, absl::string_view note,
                         absl::Time now);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_EMERGENCY_RULES_H_
