#include "services/identity/domain/consent_rules.h"

#include <algorithm>
#include <set>
#include <vector>

#include "common/base/error.h"

namespace trellis::identity {
namespace {

// ConsentPurpose in the contract.
constexpr int kTreatment = 1;
constexpr int kCareCoordination = 2;

// The end of a consent as far as it is known now.
absl::Time EndOf(const Consent& consent) { return std::min(consent.end_time, consent.revoke_time); }

}  // namespace

ConsentState StateAt(const Consent& consent, absl::Time time) {
  if (consent.revoke_time <= time) return ConsentState::kRevoked;
  return consent.end_time <= time ? ConsentState::kExpired : ConsentState::kActive;
}

bool HoldsAt(const Consent& consent, absl::Time time) { return consent.start_time <= time && time < EndOf(consent); }

bool AllowsCare(const Consent& consent, const Id& person, const Id& recipient, absl::Time time) {
  return consent.person == person && consent.recipient == recipient && HoldsAt(consent, time) &&
         (consent.purposes.contains(kTreatment) || consent.purposes.contains(kCareCoordination));
}

ConsentAnswer CheckConsents(const std::vector<Consent>& consents, int purpose, const std::set<int>& categories,
                            absl::Time time) {
  ConsentAnswer answer;
  std::set<Id> used;
  for (const int category : categories) {
    const Consent* best = nullptr;
    for (const Consent& consent : consents) {
      if (!HoldsAt(consent, time) || !consent.purposes.contains(purpose) || !consent.categories.contains(category)) {
        continue;
      }
      if (best == nullptr || EndOf(*best) < EndOf(consent)) best = &consent;
    }
    if (best == nullptr) {
      answer.missing_categories.push_back(category);
    } else {
      used.insert(best->id);
      answer.expire_time = std::min(answer.expire_time, EndOf(*best));
    }
  }
  answer.granted = !categories.empty() && answer.missing_categories.empty();
  answer.consents.assign(used.begin(), used.end());
  return answer;
}

absl::StatusOr<std::set<int>> ParseChoices(const std::vector<int>& numbers, int last, absl::string_view field) {
  std::set<int> out;
  for (const int number : numbers) {
    if (number < 1 || number > last) return InvalidField(field, "holds a value that the contract does not know");
    if (!out.insert(number).second) return InvalidField(field, "holds a value twice");
  }
  if (out.empty()) return InvalidField(field, "at least one is required");
  return out;
}

absl::Status ValidatePeriod(absl::Time start, absl::Time end, absl::Time now, absl::string_view field) {
  if (end <= start) return InvalidField(field, "the end must lie after the start");
  if (end <= now) return InvalidField(field, "the end must lie in the future");
  return absl::OkStatus();
}

}  // namespace trellis::identity
