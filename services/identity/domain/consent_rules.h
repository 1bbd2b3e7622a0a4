// When a consent lets data leave the organization.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_CONSENT_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_CONSENT_RULES_H_

#include <optional>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"

namespace trellis::identity {

// Purposes and categories by their numbers in the contract: 1 to 6 and 1 to 7.
inline constexpr int kLastConsentPurpose = 6;
inline constexpr int kLastConsentCategory = 7;

struct Consent {
  Id id;
  Id person;
  Id recipient;
  std::set<int> purposes;
  std::set<int> categories;
  absl::Time start_time;
  absl::Time end_time = absl::InfiniteFuture();  // half open: no more at this instant
  absl::Time revoke_time = absl::InfiniteFuture();
};

enum class ConsentState { kActive, kExpired, kRevoked };

ConsentState StateAt(const Consent& consent, absl::Time time);

// Whether it holds at that instant: begun, not ended, not revoked.
bool HoldsAt(const Consent& consent, absl::Time time);

// Whether it lets the recipient be told about the person at that instant, to treat them or to coordinate their care.
bool AllowsCare(const Consent& consent, const Id& person, const Id& recipient, absl::Time time);

struct ConsentAnswer {
  bool granted = false;
  std::vector<Id> consents;  // those that it rests on
  std::vector<int> missing_categories;
  absl::Time expire_time = absl::InfiniteFuture();  // the first end among `consents`
};

// Whether all categories are covered for the purpose at that instant. `consents`: of the person for the recipient; each
// category may be covered by another consent, and the one that lasts longest is taken.
ConsentAnswer CheckConsents(const std::vector<Consent>& consents, int purpose, const std::set<int>& categories,
                            absl::Time time);

// The set of the numbers, each from 1 to `last` and there once, at least one. Error: INVALID_ARGUMENT on `field`.
absl::StatusOr<std::set<int>> ParseChoices(const std::vector<int>& numbers, int last, absl::string_view field);

// Error: INVALID_ARGUMENT on `field` where the end does not lie after the start or lies in the past.
absl::Status ValidatePeriod(absl::Time start, absl::Time end, absl::Time now, absl::string_view field);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_CONSENT_RULES_H_
