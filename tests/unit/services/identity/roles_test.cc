#include "services/identity/domain/roles.h"

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

TEST(Roles, AreReadFromNumbers) {
  EXPECT_EQ(*ParseRoles({3, 4}, "r"), (Roles{Role::kCoordinator, Role::kClinician}));
  for (const std::vector<int>& bad : {std::vector<int>{}, {0}, {10}, {-1}, {3, 3}}) {
    EXPECT_EQ(ParseRoles(bad, "r").status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(Roles, OverTheInstallationAreGivenByPlatformAdministratorsAlone) {
  const Roles platform = {Role::kPlatformAdministrator};
  const Roles organization = {Role::kOrganizationAdministrator};
  EXPECT_TRUE(MayGive(organization, {Role::kCoordinator, Role::kOrganizationAdministrator}).ok());
  EXPECT_TRUE(MayGive(platform, {Role::kDirectoryAdministrator, Role::kPlatformAdministrator}).ok());
  EXPECT_EQ(ReasonOf(MayGive(organization, {Role::kPlatformAdministrator})), "ROLE_NOT_YOURS_TO_GIVE");
  EXPECT_EQ(ReasonOf(MayGive(organization, {Role::kDirectoryAdministrator})), "ROLE_NOT_YOURS_TO_GIVE");
  EXPECT_EQ(ReasonOf(MayGive(platform, {Role::kCoordinator})), "ROLE_NOT_YOURS_TO_GIVE");
  EXPECT_EQ(ReasonOf(MayGive({Role::kCoordinator}, {Role::kCoordinator})), "ROLE_NOT_YOURS_TO_GIVE");
  EXPECT_TRUE(MayGive({Role::kCoordinator}, {}).ok());
}

TEST(Roles, DifferWhereOneHasWhatTheOtherHasNot) {
  EXPECT_EQ(Difference({Role::kCoordinator, Role::kAnalyst}, {Role::kAnalyst, Role::kClinician}),
            (Roles{Role::kCoordinator, Role::kClinician}));
}

TEST(Roles, ThatSeePersonsStandInRelations) {
  EXPECT_TRUE(MayStandInRelation({Role::kClinician, Role::kAnalyst}));
  EXPECT_FALSE(MayStandInRelation({Role::kOrganizationAdministrator, Role::kAnalyst, Role::kProviderStaff}));
}

}  // namespace
}  // namespace trellis::identity
