// Who may give which role.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_ROLES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_ROLES_H_

#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace trellis::identity {

// The numbers of trellis.options.v1.Role, as they are stored.
enum class Role : int {
  kPlatformAdministrator = 1,
  kOrganizationAdministrator = 2,
  kCoordinator = 3,
  kClinician = 4,
  kProviderStaff = 5,
  kAnalyst = 6,
  kPrivacyOfficer = 7,
  kDirectoryAdministrator = 8,
  kServiceAccount = 9,
};

using Roles = std::set<Role>;

// Errors: INVALID_ARGUMENT on `field` for a number that is no role, a role given twice, or none at all.
absl::StatusOr<Roles> ParseRoles(const std::vector<int>& numbers, absl::string_view field);

// Roles reach over one organization (an organization administrator gives them) or over the whole installation (a
// platform administrator gives them). `changed`: roles that are given or taken away. Error: PERMISSION_DENIED
// ROLE_NOT_YOURS_TO_GIVE.
absl::Status MayGive(const Roles& giver, const Roles& changed);

// Clearances reach over one organization. Error: PERMISSION_DENIED CLEARANCE_NOT_YOURS_TO_GIVE.
absl::Status MayGiveClearances(const Roles& giver);

// The roles that are in exactly one of the two.
Roles Difference(const Roles& a, const Roles& b);

// Opens accounts for others.
bool IsAdministrator(const Roles& roles);

// Roles whose holder acts on what belongs to others: administrators, and privacy officers, who review emergency access.
bool AnswersForOthers(const Roles& roles);

// Roles that see persons at all: without one of them a relation to a person is of no use.
bool MayStandInRelation(const Roles& roles);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_ROLES_H_
