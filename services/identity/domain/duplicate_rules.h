// Whether two records speak of one human being: a small score with named reasons. What the keys of the search narrow
// down is weighed here, on the records themselves.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_DUPLICATE_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_DUPLICATE_RULES_H_

#include <vector>

#include "absl/time/civil_time.h"
#include "services/identity/domain/person_rules.h"
#include "services/identity/domain/search_keys.h"

namespace trellis::identity {

// The numbers of the contract's PossibleDuplicate.Likelihood and Reason.
enum class Likelihood : int { kNone = 0, kMedium = 1, kHigh = 2 };
enum class DuplicateReason : int {
  kSameBirthDate = 1,
  kSimilarBirthDate = 2,
  kSameFamilyName = 3,
  kSimilarFamilyName = 4,
  kSameGivenName = 5,
  kSimilarGivenName = 6,
  kSwappedNames = 7,
  kSamePhone = 8,
  kSameEmail = 9,
};

struct DuplicateMatch {
  Likelihood likelihood = Likelihood::kNone;
  int score = 0;
  std::vector<DuplicateReason> reasons;  // in the order of their numbers
};

// Symmetric. What one of the records does not hold speaks neither for nor against. Given names or birth dates that
// differ clearly never give kHigh, whatever else agrees: twins share family name, birth date, telephone and e-mail.
DuplicateMatch CompareForDuplicate(const PersonFacts& a, const PersonFacts& b);

// What a likely duplicate has in common with a person, as keys of the search.
struct DuplicateKeys {
  std::vector<SearchKey> birth_dates;  // of the person's day, and of it with day and month changed; none without a day
  std::vector<SearchKey> names;        // of the family and given names' words, by sound where they have one; at most 6
  int fewest_names = 1;                // how many of `names` somebody without the birth date must have
};
DuplicateKeys DuplicateKeysOf(const PersonFacts& person);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_DUPLICATE_RULES_H_
