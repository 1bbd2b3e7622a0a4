#include "services/identity/api/person_merge_api.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/access/access.h"
#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/resource_name.h"
#include "common/seal/sealer.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/duplicate_finder.h"
#include "services/identity/api/person_profile.h"
#include "services/identity/api/shared_relations.h"
#include "services/identity/storage/persons.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, message);
}

// The pipeline has asked before, outside of this transaction and about one of the two.
absl::Status RequireLook(const rpc::CallContext& call, runtime::WriteUnit& unit, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(const bool allowed,
                           access::MaySeePerson(unit.db, unit.organization, call.caller().user, person, unit.now));
  return allowed ? absl::OkStatus() : NotFound(rpc::MakeName(kPersons, person));
}

absl::Status PublishMerged(runtime::WriteUnit& unit, const Id& person, const Id& duplicate) {
  v1::PersonsMerged event;
  event.set_person(rpc::MakeName(kPersons, person));
  event.set_duplicate(rpc::MakeName(kPersons, duplicate));
  return unit.Publish(event);
}

// Locks both records, in an order that two merges at one time agree on. Errors: NOT_FOUND, PERSON_MERGED.
absl::Status LockAlone(runtime::WriteUnit& unit, const Id& person, const Id& duplicate) {
  for (const Id& id : {std::min(person, duplicate), std::max(person, duplicate)}) {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::LockPerson(unit.db, unit.organization, id));
    if (!row.has_value()) return NotFound(rpc::MakeName(kPersons, id));
    if (row->merged_into.has_value()) {
      return Error(absl::StatusCode::kFailedPrecondition, "PERSON_MERGED", "One of the records is merged already.")
          .With("person", rpc::MakeName(kPersons, id));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Unmerge(runtime::WriteUnit& unit, const std::vector<Id>& group, const Id& duplicate) {
  v1::PersonsUnmerged event;
  event.set_person(rpc::MakeName(kPersons, group.front()));
  event.set_duplicate(rpc::MakeName(kPersons, duplicate));
  TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
  TRELLIS_RETURN_IF_ERROR(storage::SetMergedInto(unit.db, unit.organization, duplicate, std::nullopt));
  std::vector<Id> rest = group;
  rest.erase(std::remove(rest.begin(), rest.end(), duplicate), rest.end());
  TRELLIS_RETURN_IF_ERROR(ShareRelations(unit, {duplicate}));
  return ShareRelations(unit, rest);
}

absl::StatusOr<v1::MergePersonsResponse> PersonMergeApi::MergePersons(rpc::CallContext& call,
                                                                      const v1::MergePersonsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id person, rpc::ParseName(kPersons, request.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(const Id duplicate, rpc::ParseName(kPersons, request.duplicate(), "duplicate"));
  if (person == duplicate) return InvalidField("duplicate", "is the person that remains");
  return runtime_.Write<v1::MergePersonsResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::MergePersonsResponse> {
        TRELLIS_RETURN_IF_ERROR(RequireLook(call, unit, person));
        TRELLIS_RETURN_IF_ERROR(RequireLook(call, unit, duplicate));
        TRELLIS_RETURN_IF_ERROR(LockAlone(unit, person, duplicate));
        TRELLIS_ASSIGN_OR_RETURN(const auto further, storage::LockMergedInto(unit.db, unit.organization, duplicate));
        if (!further.empty()) {
          return Refuse("PERSON_HAS_DUPLICATES", "Others were merged into the duplicate: unmerge them first.");
        }
        TRELLIS_ASSIGN_OR_RETURN(std::vector<Id> group, storage::LockMergedInto(unit.db, unit.organization, person));
        if (group.size() >= storage::kMostMerged) {
          return Refuse("TOO_MANY_DUPLICATES", "As many records as possible were merged into this person.");
        }
        TRELLIS_RETURN_IF_ERROR(storage::SetMergedInto(unit.db, unit.organization, duplicate, person));
        TRELLIS_RETURN_IF_ERROR(PublishMerged(unit, person, duplicate));
        group.insert(group.end(), {person, duplicate});
        TRELLIS_RETURN_IF_ERROR(ShareRelations(unit, group));

        v1::MergePersonsResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_person(), Person(unit, person));
        return response;
      });
}

absl::StatusOr<v1::UnmergePersonsResponse> PersonMergeApi::UnmergePersons(rpc::CallContext& call,
                                                                          const v1::UnmergePersonsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id duplicate, rpc::ParseName(kPersons, request.duplicate(), "duplicate"));
  return runtime_.Write<v1::UnmergePersonsResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::UnmergePersonsResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const auto group, storage::LockMergeGroup(unit.db, unit.organization, duplicate));
        if (group.empty()) return NotFound(request.duplicate());
        TRELLIS_RETURN_IF_ERROR(RequireLook(call, unit, duplicate));
        TRELLIS_RETURN_IF_ERROR(RequireLook(call, unit, group.front()));
        if (group.front() == duplicate) {
          return Refuse("PERSON_NOT_MERGED", "The record was not merged into another one.");
        }
        TRELLIS_RETURN_IF_ERROR(Unmerge(unit, group, duplicate));

        v1::UnmergePersonsResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_duplicate(), Person(unit, duplicate));
        response.set_person(rpc::MakeName(kPersons, group.front()));
        return response;
      });
}

absl::StatusOr<v1::FindDuplicatesResponse> PersonMergeApi::FindDuplicates(rpc::CallContext& call,
                                                                          const v1::FindDuplicatesRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kPersons, request.name()));
  DuplicateFinder finder(runtime_.seal(), call.caller().organization);
  TRELLIS_RETURN_IF_ERROR(finder.SetReader(call, runtime_.access()));
  v1::FindDuplicatesResponse response;
  const absl::Status status = runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::FindPerson(session, call.caller().organization, id));
    if (!row.has_value()) return NotFound(request.name());
    if (row->merged_into.has_value()) {
      return Refuse("PERSON_MERGED", "The record was merged: ask for the person that remains.");
    }
    TRELLIS_ASSIGN_OR_RETURN(const v1::Person person,
                             OpenPerson(runtime_.seal(), session, call.caller().organization, *row));
    TRELLIS_ASSIGN_OR_RETURN(const PersonFacts facts, FactsOf(person, "person."));
    TRELLIS_ASSIGN_OR_RETURN(const FoundDuplicates found, finder.Find(session, facts, id));
    response.Clear();
    response.mutable_possible_duplicates()->Add(found.visible.begin(), found.visible.end());
    response.set_hidden_duplicate_count(found.hidden);
    return absl::OkStatus();
  });
  if (seal::IsErased(status)) return NotFound(request.name());
  TRELLIS_RETURN_IF_ERROR(status);
  return response;
}

absl::StatusOr<v1::Person> PersonMergeApi::Person(runtime::WriteUnit& unit, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::FindPerson(unit.db, unit.organization, id));
  if (!row.has_value()) return NotFound(rpc::MakeName(kPersons, id));
  TRELLIS_ASSIGN_OR_RETURN(v1::Person person, OpenPerson(runtime_.seal(), unit.db, unit.organization, *row));
  if (row->has_merged) TRELLIS_RETURN_IF_ERROR(AddMerged(unit.db, unit.organization, {&person}));
  return person;
}

}  // namespace trellis::identity
