#include "services/identity/api/persons_api.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/access/access.h"
#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/errors.h"
#include "common/rpc/etag.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "common/seal/sealer.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/duplicate_finder.h"
#include "services/identity/api/field_mask.h"
#include "services/identity/api/person_index.h"
#include "services/identity/api/person_profile.h"
#include "services/identity/storage/persons.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

constexpr absl::string_view kChangeable[] = {"given_names", "family_names", "preferred_name", "birth_date", "gender",
                                             "languages",   "identifiers",  "phones",         "emails",     "address",
                                             "position",    "deceased",     "death_date"};

absl::Status WriteIdentifiers(runtime::WriteUnit& unit, const PersonIndex& index, const Id& person,
                              const PersonFacts& facts) {
  for (std::size_t i = 0; i < facts.identifiers.size(); ++i) {
    const absl::Status status =
        storage::InsertIdentifier(unit.db, unit.organization, person, index.OfIdentifier(facts.identifiers[i]));
    if (db::IsDuplicateKey(status)) {
      return Error(absl::StatusCode::kAlreadyExists, "IDENTIFIER_TAKEN", "Another person has this identifier.")
          .Field(absl::StrCat("person.identifiers[", i, "]"), "belongs to another person of the organization");
    }
    TRELLIS_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

// Brings what the person is found by in line with a changed record.
absl::Status Reindex(runtime::WriteUnit& unit, const PersonIndex& index, const Id& person, const PersonFacts& before,
                     const PersonFacts& after) {
  if (before.identifiers != after.identifiers) {
    TRELLIS_RETURN_IF_ERROR(storage::DeleteIdentifiers(unit.db, unit.organization, person));
    TRELLIS_RETURN_IF_ERROR(WriteIdentifiers(unit, index, person, after));
  }
  const std::vector<storage::StoredKey> keys = index.KeysOf(person, after);
  if (index.KeysOf(person, before) == keys) return absl::OkStatus();
  TRELLIS_RETURN_IF_ERROR(storage::DeleteSearchKeys(unit.db, unit.organization, person));
  return storage::InsertSearchKeys(unit.db, unit.organization, person, keys);
}

// Nobody is told whom she may not see; that there is somebody, she must know to ask for help.
absl::Status Refusal(const FoundDuplicates& found) {
  std::vector<absl::string_view> names;
  for (const auto& duplicate : found.visible) {
    if (duplicate.likelihood() == v1::PossibleDuplicate::LIKELIHOOD_HIGH) names.push_back(duplicate.person());
  }
  return Error(absl::StatusCode::kAlreadyExists, "POSSIBLE_DUPLICATE",
               "Somebody of the organization is most probably the same human being.")
      .With("persons", absl::StrJoin(names, ","))
      .With("hidden", absl::StrCat(found.hidden));
}

// Whoever registers a person belongs to the care team from the beginning: a person whom nobody sees is lost.
absl::Status JoinCareTeam(runtime::WriteUnit& unit, const Id& person, const Id& user) {
  TRELLIS_RETURN_IF_ERROR(access::PutRelation(
      unit.db,
      {{unit.organization, person, access::RelationKind::kCareTeam, user}, unit.now, std::nullopt, std::nullopt}));
  v1::RelationGranted event;
  event.set_resource(rpc::MakeName(kPersons, person));
  event.set_subject(rpc::MakeName(kUsers, user));
  event.set_kind(v1::RELATION_KIND_CARE_TEAM);
  *event.mutable_start_time() = rpc::ToTimestamp(unit.now);
  return unit.Publish(event);
}

}  // namespace

absl::StatusOr<v1::RegisterPersonResponse> PersonsApi::RegisterPerson(rpc::CallContext& call,
                                                                      const v1::RegisterPersonRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const PersonFacts facts, FactsOf(request.person(), "person."));
  TRELLIS_RETURN_IF_ERROR(ValidatePerson(facts, Today(), "person."));
  DuplicateFinder finder(runtime_.seal(), call.caller().organization);
  TRELLIS_RETURN_IF_ERROR(finder.SetReader(call, runtime_.access()));
  return runtime_.Write<v1::RegisterPersonResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RegisterPersonResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const FoundDuplicates found, finder.Find(unit.db, facts, std::nullopt));
        if (request.refuse_duplicates() && found.any_high) return Refusal(found);
        storage::PersonRow row{.id = unit.NextId(), .profile = "", .create_time = unit.now, .update_time = unit.now};
        TRELLIS_ASSIGN_OR_RETURN(const PersonIndex index, IndexToWrite(unit));
        TRELLIS_ASSIGN_OR_RETURN(row.profile,
                                 SealProfile(runtime_.seal(), unit.db, unit.organization, row.id, request.person()));
        TRELLIS_RETURN_IF_ERROR(storage::InsertPerson(unit.db, unit.organization, row));
        TRELLIS_RETURN_IF_ERROR(WriteIdentifiers(unit, index, row.id, facts));
        TRELLIS_RETURN_IF_ERROR(
            storage::InsertSearchKeys(unit.db, unit.organization, row.id, index.KeysOf(row.id, facts)));
        v1::PersonRegistered event;
        event.set_person(rpc::MakeName(kPersons, row.id));
        TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
        TRELLIS_RETURN_IF_ERROR(JoinCareTeam(unit, row.id, call.caller().user));

        v1::RegisterPersonResponse response;
        *response.mutable_person() = request.person();
        Complete(row, *response.mutable_person());
        response.mutable_possible_duplicates()->Add(found.visible.begin(), found.visible.end());
        response.set_hidden_duplicate_count(found.hidden);
        return response;
      });
}

absl::StatusOr<v1::GetPersonResponse> PersonsApi::GetPerson(rpc::CallContext& call,
                                                            const v1::GetPersonRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kPersons, request.name()));
  TRELLIS_ASSIGN_OR_RETURN(access::SqlPart part, runtime_.access().AllowedPersonCondition(call, "p.id"));
  const storage::Allowed allowed{std::move(part.sql), std::move(part.arguments)};
  v1::GetPersonResponse response;
  bool checked = false;
  const absl::Status status = runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    // Once more, in the statement that reads: who was removed meanwhile must not see what was written after that.
    const Id& organization = call.caller().organization;
    TRELLIS_ASSIGN_OR_RETURN(auto row, storage::FindPersonIf(session, organization, id, allowed));
    checked = row.has_value() && !row->has_merged;
    if (!row.has_value()) {
      TRELLIS_ASSIGN_OR_RETURN(row, storage::FindPerson(session, organization, id));
    }
    if (!row.has_value()) return NotFound(request.name());
    TRELLIS_ASSIGN_OR_RETURN(*response.mutable_person(), OpenPerson(runtime_.seal(), session, organization, *row));
    if (!row->has_merged) return absl::OkStatus();
    return AddMerged(session, organization, {response.mutable_person()});
  });
  if (seal::IsErased(status)) return NotFound(request.name());
  TRELLIS_RETURN_IF_ERROR(status);
  // The same after two statements, and where emergency access alone lets the caller see.
  if (!checked) TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, id, request.name()));
  return response;
}

absl::StatusOr<v1::BatchGetPersonsResponse> PersonsApi::BatchGetPersons(rpc::CallContext& call,
                                                                        const v1::BatchGetPersonsRequest& request) {
  std::vector<Id> ids;
  for (int i = 0; i < request.names_size(); ++i) {
    TRELLIS_ASSIGN_OR_RETURN(ids.emplace_back(),
                             rpc::ParseName(kPersons, request.names(i), absl::StrCat("names[", i, "]")));
  }
  TRELLIS_ASSIGN_OR_RETURN(access::SqlPart part, runtime_.access().AllowedPersonCondition(call, "p.id"));
  const storage::Allowed allowed{std::move(part.sql), std::move(part.arguments)};
  std::map<Id, v1::Person> persons;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(auto found, storage::FindPersons(session, call.caller().organization, ids, allowed));
    std::vector<v1::Person*> with_merged;
    for (const storage::PersonRow& row : found) {
      auto person = OpenPerson(runtime_.seal(), session, call.caller().organization, row);
      if (seal::IsErased(person.status())) continue;
      TRELLIS_RETURN_IF_ERROR(person.status());
      v1::Person& kept = persons.insert_or_assign(row.id, *std::move(person)).first->second;
      if (row.has_merged) with_merged.push_back(&kept);
    }
    return AddMerged(session, call.caller().organization, with_merged);
  }));
  v1::BatchGetPersonsResponse response;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto person = persons.find(ids[i]);
    if (person == persons.end()) return NotFound(request.names(static_cast<int>(i)));
    *response.add_persons() = person->second;
  }
  return response;
}

absl::StatusOr<v1::UpdatePersonResponse> PersonsApi::UpdatePerson(rpc::CallContext& call,
                                                                  const v1::UpdatePersonRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kPersons, request.person().name(), "person.name"));
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<std::string> fields,
                           ResolveMask(request.update_mask(), kChangeable, request.person()));
  return runtime_.Write<v1::UpdatePersonResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::UpdatePersonResponse> {
        TRELLIS_ASSIGN_OR_RETURN(auto row, storage::LockPerson(unit.db, unit.organization, id));
        if (!row.has_value()) return NotFound(request.person().name());
        if (row->merged_into.has_value()) {
          return Error(absl::StatusCode::kFailedPrecondition, "PERSON_MERGED",
                       "The record was merged: change the person that remains.")
              .With("person", rpc::MakeName(kPersons, *row->merged_into));
        }
        TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(request.person().etag(), row->version));

        v1::UpdatePersonResponse response;
        TRELLIS_ASSIGN_OR_RETURN(v1::Person person, OpenPerson(runtime_.seal(), unit.db, unit.organization, *row));
        TRELLIS_ASSIGN_OR_RETURN(const PersonFacts before, FactsOf(person, "person."));
        const std::vector<std::string> changed = CopyFields(fields, request.person(), person);
        if (changed.empty()) {
          if (row->has_merged) TRELLIS_RETURN_IF_ERROR(AddMerged(unit.db, unit.organization, {&person}));
          *response.mutable_person() = std::move(person);
          return response;
        }
        TRELLIS_ASSIGN_OR_RETURN(const PersonFacts after, FactsOf(person, "person."));
        TRELLIS_RETURN_IF_ERROR(ValidatePerson(after, Today(), "person."));

        ++row->version;
        row->update_time = unit.now;
        TRELLIS_ASSIGN_OR_RETURN(row->profile, SealProfile(runtime_.seal(), unit.db, unit.organization, id, person));
        TRELLIS_RETURN_IF_ERROR(storage::UpdatePerson(unit.db, unit.organization, *row));
        TRELLIS_ASSIGN_OR_RETURN(const PersonIndex index, IndexToWrite(unit));
        TRELLIS_RETURN_IF_ERROR(Reindex(unit, index, id, before, after));
        v1::PersonUpdated event;
        event.set_person(rpc::MakeName(kPersons, id));
        event.mutable_changed_fields()->Add(changed.begin(), changed.end());
        TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
        Complete(*row, person);
        if (row->has_merged) TRELLIS_RETURN_IF_ERROR(AddMerged(unit.db, unit.organization, {&person}));
        *response.mutable_person() = std::move(person);
        return response;
      });
}

// The organization's own key, made with its first person.
absl::StatusOr<PersonIndex> PersonsApi::IndexToWrite(runtime::WriteUnit& unit) {
  TRELLIS_ASSIGN_OR_RETURN(const seal::SecretKey key, runtime_.seal().KeyToSeal(unit.db, {unit.organization}));
  return PersonIndex::Make(key);
}

}  // namespace trellis::identity
