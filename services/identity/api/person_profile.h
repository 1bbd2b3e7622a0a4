// The one seam between what is known about a person and what the tables hold. Today a profile is the serialized message
// and keys are plain or plainly digested; sealing replaces both in this file (a sealed blob, keyed hashes), and neither
// tables nor queries nor handlers change.
#ifndef TRELLIS_SERVICES_IDENTITY_API_PERSON_PROFILE_H_
#define TRELLIS_SERVICES_IDENTITY_API_PERSON_PROFILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "services/identity/domain/person_rules.h"
#include "services/identity/domain/search_keys.h"
#include "services/identity/storage/persons.h"
#include "trellis/identity/v1/person.pb.h"

namespace trellis::identity {

// What goes into person.profile: all personal fields, none that the row holds beside it.
std::string EncodeProfile(v1::Person person);
// The person as the contract has it. Error: INTERNAL where the row is damaged.
absl::StatusOr<v1::Person> DecodePerson(const storage::PersonRow& row);

// The facts that rules speak of. Error: INVALID_ARGUMENT, with `prefix` ("person.") before the path, for a date that
// does not exist or a gender that the contract does not know.
absl::StatusOr<PersonFacts> FactsOf(const v1::Person& person, absl::string_view prefix);

std::vector<storage::StoredKey> StoredKeysOf(const PersonFacts& person);
storage::StoredKey ToStored(const SearchKey& key);
// 32 bytes; different in each organization for the same identifier.
std::string IdentifierKey(const Id& organization, const PersonIdentifier& identifier);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PERSON_PROFILE_H_
