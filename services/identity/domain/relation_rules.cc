#include "services/identity/domain/relation_rules.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"

namespace trellis::identity {
namespace {

absl::StatusOr<Id> ParseNameIn(absl::string_view collection, absl::string_view name, absl::string_view prefix,
                               absl::string_view field) {
  const std::optional<absl::string_view> id = StripCollection(name, collection);
  const absl::StatusOr<Id> parsed = id.has_value() ? Id::Parse(*id) : absl::InvalidArgumentError("");
  if (!parsed.ok() || parsed->is_nil()) {
    return InvalidField(absl::StrCat(prefix, field), absl::StrCat("must be \"", collection, "/{id}\" for this kind"));
  }
  return *parsed;
}

absl::Status Hidden(const Relation& relation) {
  return NotFound(absl::StrCat(ResourceCollection(relation.kind), "/", relation.resource.ToString()));
}

bool AdministersLeads(const Relation& relation, const Asker& asker) {
  return relation.kind == RelationKind::kLead && asker.roles.contains(Role::kOrganizationAdministrator);
}

bool FoundsPopulation(const Relation& relation, const Asker& asker) {
  return relation.kind == RelationKind::kLead && asker.population_is_new && relation.subject == asker.user;
}

bool GrantAllowed(const Relation& relation, const Asker& asker) {
  switch (relation.kind) {
    case RelationKind::kCareTeam:
      return MayStandInRelation(asker.roles) && asker.SeesPerson();
    case RelationKind::kMember:
      return asker.roles.contains(Role::kCoordinator) && asker.SeesPerson() && asker.LeadsPopulation();
    case RelationKind::kLead:
      return AdministersLeads(relation, asker) || (asker.roles.contains(Role::kCoordinator) &&
                                                   (asker.LeadsPopulation() || FoundsPopulation(relation, asker)));
    case RelationKind::kEmergency:
      return false;
  }
  return false;
}

absl::Time LatestEnd(const Relation& relation, const Asker& asker) {
  if (relation.kind != RelationKind::kLead) return asker.sees_person_until;
  const bool unbound = AdministersLeads(relation, asker) || FoundsPopulation(relation, asker);
  return unbound ? absl::InfiniteFuture() : asker.leads_population_until;
}

bool IsOwn(const Relation& relation, const Asker& asker) {
  return relation.kind != RelationKind::kMember && relation.subject == asker.user;
}

}  // namespace

absl::string_view ResourceCollection(RelationKind kind) {
  return kind == RelationKind::kLead ? "populations" : "persons";
}

absl::string_view SubjectCollection(RelationKind kind) {
  return kind == RelationKind::kMember ? "populations" : "users";
}

absl::StatusOr<Relation> ParseRelation(int kind, absl::string_view resource, absl::string_view subject,
                                       absl::string_view prefix) {
  if (kind < static_cast<int>(RelationKind::kCareTeam) || kind > static_cast<int>(RelationKind::kLead)) {
    return InvalidField(absl::StrCat(prefix, "kind"), "is no kind of relation that can be granted");
  }
  Relation relation{static_cast<RelationKind>(kind), Id(), Id()};
  TRELLIS_ASSIGN_OR_RETURN(relation.resource,
                           ParseNameIn(ResourceCollection(relation.kind), resource, prefix, "resource"));
  TRELLIS_ASSIGN_OR_RETURN(relation.subject, ParseNameIn(SubjectCollection(relation.kind), subject, prefix, "subject"));
  return relation;
}

absl::Status MayGrant(const Relation& relation, const Asker& asker) {
  return GrantAllowed(relation, asker) ? absl::OkStatus() : Hidden(relation);
}

absl::Status MayRevoke(const Relation& relation, const Asker& asker) {
  return IsOwn(relation, asker) || GrantAllowed(relation, asker) ? absl::OkStatus() : Hidden(relation);
}

absl::Status CheckGrant(const Relation& relation, const Asker& asker, const Grant& grant) {
  const absl::Time latest = LatestEnd(relation, asker);
  if (grant.end > latest) {
    return Error(absl::StatusCode::kFailedPrecondition, "GRANT_OUTLASTS_GRANTER",
                 "Nobody can give access for longer than they have it themselves: give it an earlier end.")
        .With("latest_end_time", absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", latest, absl::UTCTimeZone()));
  }
  if (grant.live && grant.start > grant.now) {
    return Error(absl::StatusCode::kFailedPrecondition, "RELATION_LIVE",
                 "The relation is live and a later start would end it: revoke it first, or let the start be.");
  }
  if (grant.exists && IsOwn(relation, asker) && !AdministersLeads(relation, asker)) {
    return Error(absl::StatusCode::kFailedPrecondition, "OWN_RELATION",
                 "Nobody changes or revives a relation of their own: ask a colleague.");
  }
  return absl::OkStatus();
}

}  // namespace trellis::identity
