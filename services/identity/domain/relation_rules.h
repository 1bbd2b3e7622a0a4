// Relations between persons, populations and users, and who may grant and revoke them.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_RELATION_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_RELATION_RULES_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "services/identity/domain/roles.h"

namespace trellis::identity {

// The numbers of the contract's RelationKind, as they are stored.
enum class RelationKind : int {
  kCareTeam = 1,   // person <- user
  kMember = 2,     // person <- population
  kLead = 3,       // population <- user
  kEmergency = 4,  // person <- user; nobody grants it (emergency_rules.h)
};

struct Relation {
  RelationKind kind;
  Id resource;
  Id subject;
};

// The collections that a kind of relation connects.
absl::string_view ResourceCollection(RelationKind kind);
absl::string_view SubjectCollection(RelationKind kind);

// Errors: INVALID_ARGUMENT on `prefix` + "kind", "resource" or "subject" for a kind that nobody can grant or names of
// other collections than the kind connects.
absl::StatusOr<Relation> ParseRelation(int kind, absl::string_view resource, absl::string_view subject,
                                       absl::string_view prefix);

// What is known about the one who asks, at the time of asking. The times: InfinitePast where there is no live relation,
// InfiniteFuture where it has no end.
struct Asker {
  Id user;
  Roles roles;
  absl::Time sees_person_until = absl::InfinitePast();       // kCareTeam, kMember: by the relations that last longest
  absl::Time leads_population_until = absl::InfinitePast();  // kMember, kLead
  bool population_is_new = false;                            // kLead: nobody has or had a relation to it

  bool SeesPerson() const { return sees_person_until != absl::InfinitePast(); }
  bool LeadsPopulation() const { return leads_population_until != absl::InfinitePast(); }
};

// A refusal looks like a resource that does not exist: NOT_FOUND naming the person or population.
absl::Status MayGrant(const Relation& relation, const Asker& asker);
// Whoever may grant may revoke; besides, a user may give up their own relation.
absl::Status MayRevoke(const Relation& relation, const Asker& asker);

// The period that is asked for, and what is there of the same relation.
struct Grant {
  absl::Time now;
  absl::Time start;
  absl::Time end;       // InfiniteFuture: none
  bool exists = false;  // live, to come, over or revoked
  bool live = false;
};

// Nobody hands on access for longer than they have it, prolongs or revives their own, or ends what is live by a start
// to come. `asker` is one who MayGrant. Errors: FAILED_PRECONDITION with
//   GRANT_OUTLASTS_GRANTER and `latest_end_time` (RFC 3339): the asker's own access ends before the grant;
//   RELATION_LIVE: the grant starts later and the relation is live;
//   OWN_RELATION: the asker has or had this relation, and is no administrator who leads a population.
absl::Status CheckGrant(const Relation& relation, const Asker& asker, const Grant& grant);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_RELATION_RULES_H_
