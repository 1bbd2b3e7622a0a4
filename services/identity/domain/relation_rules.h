// Relations between persons, populations and users, and who may grant and revoke them.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_RELATION_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_RELATION_RULES_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "services/identity/domain/roles.h"

namespace trellis::identity {

// The numbers of the contract's RelationKind, as they are stored.
enum class RelationKind : int {
  kCareTeam = 1,  // person <- user
  kMember = 2,    // person <- population
  kLead = 3,      // population <- user
};

struct Relation {
  RelationKind kind;
  Id resource;
  Id subject;
};

// The collections that a kind of relation connects.
absl::string_view ResourceCollection(RelationKind kind);
absl::string_view SubjectCollection(RelationKind kind);

// Errors: INVALID_ARGUMENT on `prefix` + "kind", "resource" or "subject" for a kind that does not exist or names of
// other collections than the kind connects.
absl::StatusOr<Relation> ParseRelation(int kind, absl::string_view resource, absl::string_view subject,
                                       absl::string_view prefix);

// What is known about the one who asks, at the time of asking.
struct Asker {
  Id user;
  Roles roles;
  bool sees_person = false;        // kCareTeam, kMember: a live relation to the person
  bool leads_population = false;   // kMember, kLead: live
  bool population_is_new = false;  // kLead: nobody has or had a relation to it
};

// A refusal looks like a resource that does not exist: NOT_FOUND naming the person or population.
absl::Status MayGrant(const Relation& relation, const Asker& asker);
// Whoever may grant may revoke; besides, a user may give up their own relation.
absl::Status MayRevoke(const Relation& relation, const Asker& asker);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_RELATION_RULES_H_
