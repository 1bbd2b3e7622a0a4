#include "services/identity/api/persons_api.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/access/access.h"
#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/errors.h"
#include "common/rpc/etag.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/field_mask.h"
#include "services/identity/api/person_profile.h"
#include "services/identity/storage/persons.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

constexpr absl::string_view kChangeable[] = {"given_names", "family_names", "preferred_name", "birth_date", "gender",
                                             "languages",   "identifiers",  "phones",         "emails",     "address",
                                             "position",    "deceased",     "death_date"};

absl::Status WriteIdentifiers(runtime::WriteUnit& unit, const Id& person, const PersonFacts& facts) {
  for (std::size_t i = 0; i < facts.identifiers.size(); ++i) {
    const absl::Status status = storage::InsertIdentifier(unit.db, unit.organization, person,
                                                          IdentifierKey(unit.organization, facts.identifiers[i]));
    if (db::IsDuplicateKey(status)) {
      return Error(absl::StatusCode::kAlreadyExists, "IDENTIFIER_TAKEN", "Another person has this identifier.")
          .Field(absl::StrCat("person.identifiers[", i, "]"), "belongs to another person of the organization");
    }
    TRELLIS_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

// Brings what the person is found by in line with a changed record.
absl::Status Reindex(runtime::WriteUnit& unit, const Id& person, const PersonFacts& before, const PersonFacts& after) {
  if (before.identifiers != after.identifiers) {
    TRELLIS_RETURN_IF_ERROR(storage::DeleteIdentifiers(unit.db, unit.organization, person));
    TRELLIS_RETURN_IF_ERROR(WriteIdentifiers(unit, person, after));
  }
  const std::vector<storage::StoredKey> keys = StoredKeysOf(after);
  if (StoredKeysOf(before) == keys) return absl::OkStatus();
  TRELLIS_RETURN_IF_ERROR(storage::DeleteSearchKeys(unit.db, unit.organization, person));
  return storage::InsertSearchKeys(unit.db, unit.organization, person, keys);
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
  return runtime_.Write<v1::RegisterPersonResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RegisterPersonResponse> {
        const storage::PersonRow row{.id = unit.NextId(),
                                     .version = 1,
                                     .profile = EncodeProfile(request.person()),
                                     .create_time = unit.now,
                                     .update_time = unit.now};
        TRELLIS_RETURN_IF_ERROR(storage::InsertPerson(unit.db, unit.organization, row));
        TRELLIS_RETURN_IF_ERROR(WriteIdentifiers(unit, row.id, facts));
        TRELLIS_RETURN_IF_ERROR(storage::InsertSearchKeys(unit.db, unit.organization, row.id, StoredKeysOf(facts)));
        v1::PersonRegistered event;
        event.set_person(rpc::MakeName(kPersons, row.id));
        TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
        TRELLIS_RETURN_IF_ERROR(JoinCareTeam(unit, row.id, call.caller().user));

        v1::RegisterPersonResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_person(), DecodePerson(row));
        return response;
      });
}

absl::StatusOr<v1::GetPersonResponse> PersonsApi::GetPerson(rpc::CallContext& call,
                                                            const v1::GetPersonRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kPersons, request.name()));
  std::optional<storage::PersonRow> row;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(row, storage::FindPerson(session, call.caller().organization, id));
    return absl::OkStatus();
  }));
  if (!row.has_value()) return NotFound(request.name());
  v1::GetPersonResponse response;
  TRELLIS_ASSIGN_OR_RETURN(*response.mutable_person(), DecodePerson(*row));
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
  std::map<Id, storage::PersonRow> rows;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(auto found, storage::FindPersons(session, call.caller().organization, ids, allowed));
    for (storage::PersonRow& row : found) rows.emplace(row.id, std::move(row));
    return absl::OkStatus();
  }));
  v1::BatchGetPersonsResponse response;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto row = rows.find(ids[i]);
    if (row == rows.end()) return NotFound(request.names(static_cast<int>(i)));
    TRELLIS_ASSIGN_OR_RETURN(*response.add_persons(), DecodePerson(row->second));
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
        TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(request.person().etag(), row->version));

        v1::UpdatePersonResponse response;
        TRELLIS_ASSIGN_OR_RETURN(v1::Person person, DecodePerson(*row));
        TRELLIS_ASSIGN_OR_RETURN(const PersonFacts before, FactsOf(person, "person."));
        const std::vector<std::string> changed = CopyFields(fields, request.person(), person);
        if (changed.empty()) {
          *response.mutable_person() = std::move(person);
          return response;
        }
        TRELLIS_ASSIGN_OR_RETURN(const PersonFacts after, FactsOf(person, "person."));
        TRELLIS_RETURN_IF_ERROR(ValidatePerson(after, Today(), "person."));

        ++row->version;
        row->update_time = unit.now;
        row->profile = EncodeProfile(std::move(person));
        TRELLIS_RETURN_IF_ERROR(storage::UpdatePerson(unit.db, unit.organization, *row));
        TRELLIS_RETURN_IF_ERROR(Reindex(unit, id, before, after));
        v1::PersonUpdated event;
        event.set_person(rpc::MakeName(kPersons, id));
        event.mutable_changed_fields()->Add(changed.begin(), changed.end());
        TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_person(), DecodePerson(*row));
        return response;
      });
}

}  // namespace trellis::identity
