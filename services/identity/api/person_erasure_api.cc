#include "services/identity/api/person_erasure_api.h"

#include <optional>
#include <vector>

#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "common/seal/sealer.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/own_factor.h"
#include "services/identity/api/person_merge_api.h"
#include "services/identity/storage/consents.h"
#include "services/identity/storage/persons.h"
#include "services/identity/storage/relations.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

constexpr int kAtOnce = 200;

absl::Status PublishRevoked(runtime::WriteUnit& unit, const Id& person, const Relation& relation) {
  v1::RelationRevoked event;
  event.set_resource(rpc::MakeName(kPersons, person));
  event.set_subject(rpc::MakeName(relation.kind == RelationKind::kMember ? kPopulations : kUsers, relation.subject));
  event.set_kind(static_cast<v1::RelationKind>(relation.kind));
  return unit.Publish(event);
}

absl::Status PublishRevoked(runtime::WriteUnit& unit, const Consent& consent) {
  v1::ConsentRevoked event;
  event.set_consent(rpc::MakeName(kConsents, consent.id));
  event.set_person(rpc::MakeName(kPersons, consent.person));
  event.set_recipient(rpc::MakeName(kOrganizations, consent.recipient));
  return unit.Publish(event);
}

// Undoes every merge that the person is part of. In a backup, somebody may be merged who was not when the person was
// erased.
absl::Status Part(runtime::WriteUnit& unit, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(std::vector<Id> group, storage::LockMergeGroup(unit.db, unit.organization, person));
  while (group.size() > 1) {
    const Id duplicate = group.front() == person ? group.back() : person;
    TRELLIS_RETURN_IF_ERROR(Unmerge(unit, group, duplicate));
    TRELLIS_ASSIGN_OR_RETURN(group, storage::LockMergeGroup(unit.db, unit.organization, person));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PersonErasureApi::RevokeRelations(runtime::WriteUnit& unit, const Id& person, RelationKind first_kind,
                                               RelationKind second_kind) {
  // Revoked ones leave the list, so each page is the first one.
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(const auto rows, storage::ListByResource(unit.db, unit.organization, person, first_kind,
                                                                      second_kind, unit.now, {}, kAtOnce));
    for (const storage::RelationRow& row : rows) {
      const auto kind = static_cast<access::RelationKind>(row.relation.kind);
      TRELLIS_RETURN_IF_ERROR(
          access::RevokeRelation(unit.db, {unit.organization, person, kind, row.relation.subject}, unit.now).status());
      TRELLIS_RETURN_IF_ERROR(PublishRevoked(unit, person, row.relation));
    }
    if (rows.size() < kAtOnce) return absl::OkStatus();
  }
}

absl::Status PersonErasureApi::RevokeConsents(runtime::WriteUnit& unit, const Id& person) {
  Id after;
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(auto rows, storage::ListConsents(unit.db, unit.organization, person, after, kAtOnce));
    for (storage::ConsentRow& row : rows) {
      after = row.consent.id;
      if (row.consent.revoke_time != absl::InfiniteFuture()) continue;
      row.consent.revoke_time = unit.now;
      row.update_time = unit.now;
      ++row.version;
      TRELLIS_RETURN_IF_ERROR(storage::RevokeConsent(unit.db, unit.organization, row));
      TRELLIS_RETURN_IF_ERROR(PublishRevoked(unit, row.consent));
    }
    if (rows.size() < kAtOnce) return absl::OkStatus();
  }
}

absl::Status PersonErasureApi::Remove(runtime::WriteUnit& unit, const Id& person, v1::ErasureReason reason) {
  TRELLIS_RETURN_IF_ERROR(storage::DeleteIdentifiers(unit.db, unit.organization, person));
  TRELLIS_RETURN_IF_ERROR(storage::DeleteSearchKeys(unit.db, unit.organization, person));
  TRELLIS_RETURN_IF_ERROR(storage::DeletePerson(unit.db, unit.organization, person));
  TRELLIS_RETURN_IF_ERROR(storage::DeleteAllShared(unit.db, unit.organization, person));
  TRELLIS_RETURN_IF_ERROR(RevokeRelations(unit, person, RelationKind::kCareTeam, RelationKind::kMember));
  TRELLIS_RETURN_IF_ERROR(RevokeRelations(unit, person, RelationKind::kEmergency, RelationKind::kEmergency));
  TRELLIS_RETURN_IF_ERROR(RevokeConsents(unit, person));
  v1::PersonErased event;
  event.set_person(rpc::MakeName(kPersons, person));
  event.set_reason(reason);
  return unit.Publish(event);
}

absl::Status PersonErasureApi::Erase(runtime::WriteUnit& unit, const std::vector<Id>& persons,
                                     v1::ErasureReason reason) {
  for (const Id& person : persons) TRELLIS_RETURN_IF_ERROR(Remove(unit, person, reason));
  // Last: what is written into the list of destroyed keys stays there, whatever becomes of this transaction.
  for (const Id& person : persons) {
    TRELLIS_RETURN_IF_ERROR(runtime_.seal().Destroy(unit.db, {unit.organization, person}));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ErasePersonResponse> PersonErasureApi::ErasePerson(rpc::CallContext& call,
                                                                      const v1::ErasePersonRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id person, rpc::ParseName(kPersons, request.name()));
  if (request.reason() == v1::ERASURE_REASON_UNSPECIFIED || !v1::ErasureReason_IsValid(request.reason())) {
    return InvalidField("reason", "must say why the person is erased");
  }
  return runtime_.Write<v1::ErasePersonResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::ErasePersonResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::LockPerson(unit.db, unit.organization, person));
        if (!row.has_value()) return NotFound(request.name());
        TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, call.caller()));
        TRELLIS_ASSIGN_OR_RETURN(std::vector<Id> group, storage::LockMergeGroup(unit.db, unit.organization, person));
        if (group.front() != person) {
          TRELLIS_RETURN_IF_ERROR(Unmerge(unit, group, person));
          group = {person};
        }
        TRELLIS_RETURN_IF_ERROR(Erase(unit, group, request.reason()));
        v1::ErasePersonResponse response;
        for (const Id& id : group) {
          if (id != person) response.add_merged_persons(rpc::MakeName(kPersons, id));
        }
        *response.mutable_erase_time() = rpc::ToTimestamp(unit.now);
        return response;
      });
}

absl::Status PersonErasureApi::EraseAgain(absl::Time deadline) {
  const auto destroyed = runtime_.seal().ring().Destroyed();
  if (absl::IsUnavailable(destroyed.status())) return absl::OkStatus();  // no key ring: nothing was destroyed
  TRELLIS_RETURN_IF_ERROR(destroyed.status());
  std::vector<seal::KeyOwner> back;
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(back, storage::ExistingAmong(session, *destroyed));
    return absl::OkStatus();
  }));
  for (const seal::KeyOwner& owner : back) {
    runtime::BackgroundWork work{owner.organization, "identity.erase_again", Id(), deadline};
    TRELLIS_RETURN_IF_ERROR(runtime_.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
      TRELLIS_RETURN_IF_ERROR(Part(unit, owner.person));
      return Erase(unit, {owner.person}, v1::ERASURE_REASON_UNSPECIFIED);
    }));
  }
  return absl::OkStatus();
}

}  // namespace trellis::identity
