// What makes a person's record acceptable, beyond the lengths and forms that the contract declares.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_PERSON_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_PERSON_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace trellis::identity {

struct PersonIdentifier {
  std::string system;
  std::string value;
  friend bool operator==(const PersonIdentifier&, const PersonIdentifier&) = default;
};

// The facts about a person that rules speak of. Text is well-formed UTF-8.
struct PersonFacts {
  std::string given_names;
  std::string family_names;
  std::string preferred_name;
  std::optional<absl::CivilDay> birth_date;
  bool deceased = false;
  std::optional<absl::CivilDay> death_date;
  std::vector<std::string> languages;
  std::vector<PersonIdentifier> identifiers;
  std::vector<std::string> phones;
  std::vector<std::string> emails;
};

// All that is wrong at once: INVALID_ARGUMENT with one violation for each field, their paths beginning with `prefix`
// ("person."). `today`: in UTC.
absl::Status ValidatePerson(const PersonFacts& person, absl::CivilDay today, absl::string_view prefix);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_PERSON_RULES_H_
