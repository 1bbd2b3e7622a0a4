#include "services/identity/api/person_profile.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/rpc/etag.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/domain/text_forms.h"

namespace trellis::identity {

std::string EncodeProfile(v1::Person person) {
  person.clear_name();
  person.clear_create_time();
  person.clear_update_time();
  person.clear_etag();
  return person.SerializeAsString();
}

absl::StatusOr<v1::Person> DecodePerson(const storage::PersonRow& row) {
  v1::Person person;
  if (!person.ParseFromString(row.profile)) return absl::InternalError("a stored profile cannot be read");
  person.set_name(rpc::MakeName(kPersons, row.id));
  *person.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *person.mutable_update_time() = rpc::ToTimestamp(row.update_time);
  person.set_etag(rpc::MakeEtag(row.version));
  return person;
}

absl::StatusOr<PersonFacts> FactsOf(const v1::Person& person, absl::string_view prefix) {
  PersonFacts facts;
  facts.given_names = person.given_names();
  facts.family_names = person.family_names();
  facts.preferred_name = person.preferred_name();
  if (person.has_birth_date()) {
    TRELLIS_ASSIGN_OR_RETURN(facts.birth_date, ToDay(person.birth_date(), absl::StrCat(prefix, "birth_date")));
  }
  facts.deceased = person.deceased();
  if (person.has_death_date()) {
    TRELLIS_ASSIGN_OR_RETURN(facts.death_date, ToDay(person.death_date(), absl::StrCat(prefix, "death_date")));
  }
  if (!v1::Person::Gender_IsValid(person.gender())) {
    return InvalidField(absl::StrCat(prefix, "gender"), "is a value that the contract does not know");
  }
  facts.languages.assign(person.languages().begin(), person.languages().end());
  for (const auto& identifier : person.identifiers()) {
    facts.identifiers.push_back({identifier.system(), identifier.value()});
  }
  facts.phones.assign(person.phones().begin(), person.phones().end());
  return facts;
}

storage::StoredKey ToStored(const SearchKey& key) { return {static_cast<int>(key.kind), key.key}; }

std::vector<storage::StoredKey> StoredKeysOf(const PersonFacts& person) {
  std::vector<storage::StoredKey> keys;
  for (const SearchKey& key : SearchKeysOf(person)) keys.push_back(ToStored(key));
  return keys;
}

std::string IdentifierKey(const Id& organization, const PersonIdentifier& identifier) {
  return crypto::Sha256(absl::StrCat(organization.bytes(), CanonicalIdentifier(identifier.system, identifier.value)));
}

}  // namespace trellis::identity
