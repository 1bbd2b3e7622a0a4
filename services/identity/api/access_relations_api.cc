#include "services/identity/api/access_relations_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/access/access.h"
#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/relation_list.h"
#include "services/identity/api/shared_relations.h"
#include "services/identity/domain/consent_rules.h"
#include "services/identity/storage/persons.h"
#include "services/identity/storage/relations.h"
#include "services/identity/storage/users.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

access::RelationKey KeyOf(const Id& organization, const Relation& relation) {
  return {organization, relation.resource, static_cast<access::RelationKind>(relation.kind), relation.subject};
}

// What the rules need to know about the one who asks, as it is inside this transaction.
absl::StatusOr<Asker> AskerOf(const rpc::CallContext& call, runtime::WriteUnit& unit, const Relation& relation) {
  Asker asker;
  asker.user = call.caller().user;
  asker.roles = RolesOf(call.caller());
  if (relation.kind != RelationKind::kLead) {
    TRELLIS_ASSIGN_OR_RETURN(asker.sees_person_until, storage::SeesPersonUntil(unit.db, unit.organization, asker.user,
                                                                               relation.resource, unit.now));
  }
  if (relation.kind != RelationKind::kCareTeam) {
    const Id population = relation.kind == RelationKind::kLead ? relation.resource : relation.subject;
    TRELLIS_ASSIGN_OR_RETURN(
        asker.leads_population_until,
        storage::LeadsPopulationUntil(unit.db, unit.organization, asker.user, population, unit.now));
    TRELLIS_ASSIGN_OR_RETURN(const bool known, storage::PopulationIsKnown(unit.db, unit.organization, population));
    asker.population_is_new = !known;
  }
  return asker;
}

// A user who is given a relation must be able to use it. The caller's own token proves that the caller exists.
absl::Status CheckSubject(const rpc::CallContext& call, runtime::WriteUnit& unit, const Relation& relation) {
  if (relation.kind == RelationKind::kMember) return absl::OkStatus();
  bool fit = relation.subject == call.caller().user && MayStandInRelation(RolesOf(call.caller()));
  if (!fit) {
    TRELLIS_ASSIGN_OR_RETURN(const auto user, storage::FindUser(unit.db, unit.organization, relation.subject));
    if (!user.has_value()) return NotFound(rpc::MakeName(kUsers, relation.subject));
    fit = !user->disabled && MayStandInRelation(user->roles);
  }
  if (fit) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "SUBJECT_UNFIT",
               "The user is disabled or is neither coordinator nor clinician.");
}

struct Span {
  absl::Time start;
  std::optional<absl::Time> end;
};

absl::StatusOr<Span> ReadSpan(const v1::AccessRelation& relation, absl::Time now) {
  Span span{now, std::nullopt};
  if (relation.has_start_time()) {
    TRELLIS_ASSIGN_OR_RETURN(span.start, ToTime(relation.start_time(), "relation.start_time"));
  }
  if (relation.has_end_time()) {
    TRELLIS_ASSIGN_OR_RETURN(span.end, ToTime(relation.end_time(), "relation.end_time"));
    TRELLIS_RETURN_IF_ERROR(ValidatePeriod(span.start, *span.end, now, "relation.end_time"));
  }
  return span;
}

absl::Status CheckPeriod(runtime::WriteUnit& unit, const Relation& relation, const Asker& asker, const Span& span) {
  TRELLIS_ASSIGN_OR_RETURN(const auto found,
                           access::FindRelation(unit.db, KeyOf(unit.organization, relation), /*lock=*/true));
  return CheckGrant(relation, asker,
                    {.now = unit.now,
                     .start = span.start,
                     .end = span.end.value_or(absl::InfiniteFuture()),
                     .exists = found.has_value(),
                     .live = found.has_value() && found->LiveAt(unit.now)});
}

// All records that a relation to a person concerns, locked; none for other kinds.
absl::StatusOr<std::vector<Id>> GroupOf(runtime::WriteUnit& unit, const Relation& relation) {
  if (relation.kind == RelationKind::kLead) return std::vector<Id>();
  return storage::LockMergeGroup(unit.db, unit.organization, relation.resource);
}

v1::RelationGranted GrantedEvent(const v1::AccessRelation& relation) {
  v1::RelationGranted event;
  event.set_resource(relation.resource());
  event.set_subject(relation.subject());
  event.set_kind(relation.kind());
  *event.mutable_start_time() = relation.start_time();
  if (relation.has_end_time()) *event.mutable_end_time() = relation.end_time();
  return event;
}

}  // namespace

absl::StatusOr<v1::GrantRelationResponse> AccessRelationsApi::GrantRelation(rpc::CallContext& call,
                                                                            const v1::GrantRelationRequest& request) {
  const v1::AccessRelation& wanted = request.relation();
  TRELLIS_ASSIGN_OR_RETURN(const Relation relation,
                           ParseRelation(wanted.kind(), wanted.resource(), wanted.subject(), "relation."));
  return runtime_.Write<v1::GrantRelationResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::GrantRelationResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const Span span, ReadSpan(wanted, unit.now));
        TRELLIS_ASSIGN_OR_RETURN(const Asker asker, AskerOf(call, unit, relation));
        TRELLIS_RETURN_IF_ERROR(MayGrant(relation, asker));
        TRELLIS_RETURN_IF_ERROR(CheckSubject(call, unit, relation));
        TRELLIS_ASSIGN_OR_RETURN(const std::vector<Id> group, GroupOf(unit, relation));
        TRELLIS_RETURN_IF_ERROR(CheckPeriod(unit, relation, asker, span));
        TRELLIS_RETURN_IF_ERROR(
            access::PutRelation(unit.db, {KeyOf(unit.organization, relation), span.start, span.end, std::nullopt}));

        v1::GrantRelationResponse response;
        *response.mutable_relation() = ToProto(storage::RelationRow{relation, span.start, span.end});
        TRELLIS_RETURN_IF_ERROR(unit.Publish(GrantedEvent(response.relation())));
        TRELLIS_RETURN_IF_ERROR(ShareGranted(unit, group, relation));
        return response;
      });
}

absl::StatusOr<v1::RevokeRelationResponse> AccessRelationsApi::RevokeRelation(
    rpc::CallContext& call, const v1::RevokeRelationRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Relation relation,
                           ParseRelation(request.kind(), request.resource(), request.subject(), ""));
  return runtime_.Write<v1::RevokeRelationResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RevokeRelationResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const Asker asker, AskerOf(call, unit, relation));
        TRELLIS_RETURN_IF_ERROR(MayRevoke(relation, asker));
        TRELLIS_ASSIGN_OR_RETURN(const std::vector<Id> group, GroupOf(unit, relation));
        const access::RelationKey key = KeyOf(unit.organization, relation);
        TRELLIS_ASSIGN_OR_RETURN(const auto found, access::FindRelation(unit.db, key, /*lock=*/true));
        TRELLIS_ASSIGN_OR_RETURN(const bool revoked, access::RevokeRelation(unit.db, key, unit.now));
        if (!found.has_value() || !revoked) return NotFound(request.resource());

        v1::RelationRevoked event;
        event.set_resource(rpc::MakeName(ResourceCollection(relation.kind), relation.resource));
        event.set_subject(rpc::MakeName(SubjectCollection(relation.kind), relation.subject));
        event.set_kind(request.kind());
        TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
        TRELLIS_RETURN_IF_ERROR(RevokeShared(unit, group, relation));
        v1::RevokeRelationResponse response;
        *response.mutable_relation() = ToProto(storage::RelationRow{relation, found->valid_from, unit.now});
        return response;
      });
}

absl::StatusOr<v1::ListRelationsResponse> AccessRelationsApi::ListRelations(rpc::CallContext& call,
                                                                            const v1::ListRelationsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const RelationList list, RelationList::Parse(call, request));
  v1::ListRelationsResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    response.Clear();
    TRELLIS_RETURN_IF_ERROR(list.CheckReader(session, call.caller(), runtime_.clock().Now()));
    return list.Fill(session, call.caller().organization, runtime_.clock().Now(), response);
  }));
  return response;
}

absl::StatusOr<v1::CheckAccessResponse> AccessRelationsApi::CheckAccess(rpc::CallContext& call,
                                                                        const v1::CheckAccessRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id person, rpc::ParseName(kPersons, request.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(const access::Sight sight, runtime_.access().Look(call, person));
  v1::CheckAccessResponse response;
  response.set_allowed(sight == access::Sight::kRelation);
  response.set_allowed_in_emergency(sight == access::Sight::kEmergency);
  return response;
}

}  // namespace trellis::identity
