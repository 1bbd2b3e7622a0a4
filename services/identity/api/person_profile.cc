#include "services/identity/api/person_profile.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/dates.h"
#include "common/rpc/etag.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"

namespace trellis::identity {

namespace {

seal::Place ProfileOf(const Id& organization, const Id& person) {
  return {{organization, person}, "person", "profile", person.bytes()};
}

}  // namespace

absl::StatusOr<std::string> SealProfile(seal::Sealer& sealer, db::Session& tx, const Id& organization, const Id& person,
                                        v1::Person profile) {
  profile.clear_name();
  profile.clear_create_time();
  profile.clear_update_time();
  profile.clear_etag();
  profile.clear_merged_into();
  profile.clear_merged_persons();
  return sealer.Seal(tx, ProfileOf(organization, person), profile.SerializeAsString());
}

void Complete(const storage::PersonRow& row, v1::Person& person) {
  person.set_name(rpc::MakeName(kPersons, row.id));
  *person.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *person.mutable_update_time() = rpc::ToTimestamp(row.update_time);
  person.set_etag(rpc::MakeEtag(row.version));
  person.set_merged_into(row.merged_into.has_value() ? rpc::MakeName(kPersons, *row.merged_into) : "");
  person.clear_merged_persons();
}

absl::StatusOr<v1::Person> OpenPerson(seal::Sealer& sealer, const db::Session& session, const Id& organization,
                                      const storage::PersonRow& row) {
  const seal::Place place = ProfileOf(organization, row.id);
  TRELLIS_ASSIGN_OR_RETURN(const seal::SecretKey key, sealer.KeyOfRow(session, place.owner, row.key));
  TRELLIS_ASSIGN_OR_RETURN(const std::string profile, sealer.Open(key, place, row.profile));
  v1::Person person;
  if (!person.ParseFromString(profile)) return absl::InternalError("a stored profile cannot be read");
  Complete(row, person);
  return person;
}

absl::Status AddMerged(db::Session& session, const Id& organization, const std::vector<v1::Person*>& persons) {
  std::map<Id, v1::Person*> by_id;
  std::vector<Id> ids;
  for (v1::Person* const person : persons) {
    TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kPersons, person->name()));
    if (by_id.emplace(id, person).second) ids.push_back(id);
  }
  TRELLIS_ASSIGN_OR_RETURN(const auto merged, storage::MergedInto(session, organization, ids));
  for (const storage::MergedRow& row : merged) by_id.at(row.into)->add_merged_persons(rpc::MakeName(kPersons, row.id));
  return absl::OkStatus();
}

absl::StatusOr<PersonFacts> FactsOf(const v1::Person& person, absl::string_view prefix) {
  PersonFacts facts;
  facts.given_names = person.given_names();
  facts.family_names = person.family_names();
  facts.preferred_name = person.preferred_name();
  if (person.has_birth_date()) {
    TRELLIS_ASSIGN_OR_RETURN(facts.birth_date, rpc::FromDate(person.birth_date(), absl::StrCat(prefix, "birth_date")));
  }
  facts.deceased = person.deceased();
  if (person.has_death_date()) {
    TRELLIS_ASSIGN_OR_RETURN(facts.death_date, rpc::FromDate(person.death_date(), absl::StrCat(prefix, "death_date")));
  }
  if (!v1::Person::Gender_IsValid(person.gender())) {
    return InvalidField(absl::StrCat(prefix, "gender"), "is a value that the contract does not know");
  }
  facts.languages.assign(person.languages().begin(), person.languages().end());
  for (const auto& identifier : person.identifiers()) {
    facts.identifiers.push_back({identifier.system(), identifier.value()});
  }
  facts.phones.assign(person.phones().begin(), person.phones().end());
  facts.emails.assign(person.emails().begin(), person.emails().end());
  return facts;
}

}  // namespace trellis::identity
