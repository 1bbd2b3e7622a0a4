#include "services/identity/domain/roles.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "common/base/error.h"

namespace trellis::identity {
namespace {

bool ReachesOverTheInstallation(Role role) {
  return role == Role::kPlatformAdministrator || role == Role::kDirectoryAdministrator;
}

}  // namespace

absl::StatusOr<Roles> ParseRoles(const std::vector<int>& numbers, absl::string_view field) {
  Roles roles;
  for (const int number : numbers) {
    if (number < static_cast<int>(Role::kPlatformAdministrator) || number > static_cast<int>(Role::kServiceAccount)) {
      return InvalidField(field, "holds a value that is no role");
    }
    if (!roles.insert(static_cast<Role>(number)).second) return InvalidField(field, "holds a role twice");
  }
  if (roles.empty()) return InvalidField(field, "at least one role is required");
  if (IsAdministrator(roles) && roles.contains(Role::kServiceAccount)) {
    return InvalidField(field, "a service account is no administrator");
  }
  return roles;
}

bool IsAdministrator(const Roles& roles) {
  return roles.contains(Role::kPlatformAdministrator) || roles.contains(Role::kOrganizationAdministrator);
}

absl::Status MayGive(const Roles& giver, const Roles& changed) {
  for (const Role role : changed) {
    const Role needed =
        ReachesOverTheInstallation(role) ? Role::kPlatformAdministrator : Role::kOrganizationAdministrator;
    if (!giver.contains(needed)) {
      return Error(absl::StatusCode::kPermissionDenied, "ROLE_NOT_YOURS_TO_GIVE",
                   "One of the roles cannot be given or taken away by this user.");
    }
  }
  return absl::OkStatus();
}

absl::Status MayGiveClearances(const Roles& giver) {
  if (giver.contains(Role::kOrganizationAdministrator)) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "CLEARANCE_NOT_YOURS_TO_GIVE",
               "Only the organization's administrator gives clearances or takes them away.");
}

Roles Difference(const Roles& a, const Roles& b) {
  Roles out;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

bool AnswersForOthers(const Roles& roles) {
  return roles.contains(Role::kPlatformAdministrator) || roles.contains(Role::kOrganizationAdministrator) ||
         roles.contains(Role::kDirectoryAdministrator) || roles.contains(Role::kPrivacyOfficer);
}

bool MayStandInRelation(const Roles& roles) {
  return roles.contains(Role::kCoordinator) || roles.contains(Role::kClinician);
}

}  // namespace trellis::identity
