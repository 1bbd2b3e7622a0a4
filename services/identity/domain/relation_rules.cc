#include "services/identity/domain/relation_rules.h"

#include <optional>

#include "absl/strings/str_cat.h"
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

bool GrantAllowed(const Relation& relation, const Asker& asker) {
  switch (relation.kind) {
    case RelationKind::kCareTeam:
      return MayStandInRelation(asker.roles) && asker.sees_person;
    case RelationKind::kMember:
      return asker.roles.contains(Role::kCoordinator) && asker.sees_person && asker.leads_population;
    case RelationKind::kLead: {
      const bool takes_new = asker.population_is_new && relation.subject == asker.user;
      return asker.roles.contains(Role::kOrganizationAdministrator) ||
             (asker.roles.contains(Role::kCoordinator) && (asker.leads_population || takes_new));
    }
  }
  return false;
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
    return InvalidField(absl::StrCat(prefix, "kind"), "is no kind of relation");
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
  const bool own = relation.kind != RelationKind::kMember && relation.subject == asker.user;
  return own || GrantAllowed(relation, asker) ? absl::OkStatus() : Hidden(relation);
}

}  // namespace trellis::identity
