#include "absl/strings/ascii.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using options::v1::ROLE_CLINICIAN;
using options::v1::ROLE_COORDINATOR;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class UsersTest : public IdentityTest {
 protected:
  v1::CreateUserRequest Request(options::v1::Role role = ROLE_COORDINATOR) {
    v1::CreateUserRequest request;
    request.mutable_user()->set_login(NewLogin());
    request.mutable_user()->set_display_name("Zoë Ćwikła");
    request.mutable_user()->add_roles(role);
    request.set_password(kPassword);
    return request;
  }
  Answer<v1::CreateUserResponse> Create(const testing::TestUser& who, const v1::CreateUserRequest& request) {
    return Call(who, *users_, &v1::Users::Stub::CreateUser, request);
  }
  Answer<v1::GetUserResponse> GetUser(const testing::TestUser& who, const std::string& name) {
    v1::GetUserRequest request;
    request.set_name(name);
    return Call(who, *users_, &v1::Users::Stub::GetUser, request);
  }
  Answer<v1::UpdateUserResponse> Update(const testing::TestUser& who, const v1::User& user,
                                        std::vector<std::string> mask) {
    v1::UpdateUserRequest request;
    *request.mutable_user() = user;
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    return Call(who, *users_, &v1::Users::Stub::UpdateUser, request);
  }
};

TEST_F(UsersTest, AreCreatedAndReadByColleagues) {
  v1::CreateUserRequest request = Request();
  request.mutable_user()->set_login(absl::AsciiStrToUpper(request.user().login()));
  const auto created = Create(administrator_, request);
  ASSERT_TRUE(created.ok()) << created.status.error_message();
  EXPECT_EQ(created.value.user().login(), absl::AsciiStrToLower(request.user().login()));
  EXPECT_EQ(created.value.user().display_name(), "Zoë Ćwikła");
  const testing::TestUser colleague = testing::TestUser::Make({ROLE_CLINICIAN}, administrator_.organization);
  const auto read = GetUser(colleague, created.value.user().name());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value.user().SerializeAsString(), created.value.user().SerializeAsString());
}

TEST_F(UsersTest, OfAnotherOrganizationDoNotExist) {
  const auto created = Create(administrator_, Request());
  const testing::TestUser stranger = NewOrganization();
  const std::string unknown = "users/01890000-0000-7000-8000-000000000000";
  EXPECT_TRUE(SameRefusal(GetUser(stranger, created.value.user().name()).status, created.value.user().name(),
                          GetUser(stranger, unknown).status, unknown));
  v1::User user = created.value.user();
  user.set_disabled(true);
  const auto foreign = Update(stranger, user, {"disabled"});
  user.set_name(unknown);
  EXPECT_TRUE(
      SameRefusal(foreign.status, created.value.user().name(), Update(stranger, user, {"disabled"}).status, unknown));
  EXPECT_FALSE(GetUser(administrator_, created.value.user().name()).value.user().disabled());
}

TEST_F(UsersTest, HaveOneLoginOverAllOrganizations) {
  v1::CreateUserRequest request = Request();
  ASSERT_TRUE(Create(administrator_, request).ok());
  EXPECT_EQ(Create(NewOrganization(), request).reason(), "LOGIN_TAKEN");
}

TEST_F(UsersTest, AreCreatedByAdministratorsWithRolesOfTheirReach) {
  const testing::TestUser coordinator = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  EXPECT_EQ(Create(coordinator, Request()).code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Create(administrator_, Request(options::v1::ROLE_PLATFORM_ADMINISTRATOR)).reason(),
            "ROLE_NOT_YOURS_TO_GIVE");
  EXPECT_EQ(Create(administrator_, Request(options::v1::ROLE_DIRECTORY_ADMINISTRATOR)).reason(),
            "ROLE_NOT_YOURS_TO_GIVE");
  EXPECT_EQ(Create(platform_, Request(ROLE_COORDINATOR)).reason(), "ROLE_NOT_YOURS_TO_GIVE");
  EXPECT_TRUE(Create(platform_, Request(options::v1::ROLE_DIRECTORY_ADMINISTRATOR)).ok());
}

TEST_F(UsersTest, AreRefusedWhereSomethingIsMissing) {
  v1::CreateUserRequest request = Request();
  request.mutable_user()->clear_roles();
  EXPECT_THAT(WrongFields(Create(administrator_, request).status), ElementsAre("user.roles"));
  request = Request();
  request.mutable_user()->clear_display_name();
  EXPECT_THAT(WrongFields(Create(administrator_, request).status), ElementsAre("user.display_name"));
  request = Request();
  request.mutable_user()->clear_login();
  EXPECT_THAT(WrongFields(Create(administrator_, request).status), ElementsAre("user.login"));
  request = Request();
  request.clear_password();
  EXPECT_THAT(WrongFields(Create(administrator_, request).status), ElementsAre("password"));
  request = Request();
  request.set_request_id("not a uuid");
  EXPECT_THAT(WrongFields(Create(administrator_, request).status), ElementsAre("request_id"));
}

TEST_F(UsersTest, AreListedByRoleAndPage) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Create(administrator_, Request(ROLE_COORDINATOR)).ok());
  const auto clinician = Create(administrator_, Request(ROLE_CLINICIAN));
  v1::ListUsersRequest request;
  request.set_page_size(2);
  request.set_role(ROLE_COORDINATOR);
  auto page = Call(administrator_, *users_, &v1::Users::Stub::ListUsers, request);
  ASSERT_TRUE(page.ok()) << page.status.error_message();
  EXPECT_EQ(page.value.users_size(), 2);
  request.set_page_token(page.value.next_page_token());
  page = Call(administrator_, *users_, &v1::Users::Stub::ListUsers, request);
  EXPECT_EQ(page.value.users_size(), 1);
  EXPECT_EQ(page.value.next_page_token(), "");

  // A token belongs to its filter and its organization.
  request.set_role(ROLE_CLINICIAN);
  EXPECT_THAT(WrongFields(Call(administrator_, *users_, &v1::Users::Stub::ListUsers, request).status),
              ElementsAre("page_token"));
  request.set_role(ROLE_COORDINATOR);
  EXPECT_THAT(WrongFields(Call(NewOrganization(), *users_, &v1::Users::Stub::ListUsers, request).status),
              ElementsAre("page_token"));
  request.clear_page_token();
  request.set_role(ROLE_CLINICIAN);
  page = Call(administrator_, *users_, &v1::Users::Stub::ListUsers, request);
  ASSERT_EQ(page.value.users_size(), 1);
  EXPECT_EQ(page.value.users(0).name(), clinician.value.user().name());
  request.set_page_size(-1);
  EXPECT_THAT(WrongFields(Call(administrator_, *users_, &v1::Users::Stub::ListUsers, request).status),
              ElementsAre("page_size"));
}

TEST_F(UsersTest, AreChangedFieldByField) {
  v1::User user = Create(administrator_, Request()).value.user();
  user.set_display_name("New Name");
  user.clear_roles();
  user.add_roles(ROLE_CLINICIAN);
  auto updated = Update(administrator_, user, {"display_name"});
  ASSERT_TRUE(updated.ok()) << updated.status.error_message();
  EXPECT_EQ(updated.value.user().display_name(), "New Name");
  EXPECT_THAT(updated.value.user().roles(), ElementsAre(ROLE_COORDINATOR));
  EXPECT_NE(updated.value.user().etag(), user.etag());

  // The etag of before is stale by now.
  EXPECT_EQ(Update(administrator_, user, {"roles"}).reason(), "ETAG_MISMATCH");
  user.set_etag(updated.value.user().etag());
  user.add_roles(ROLE_COORDINATOR);
  updated = Update(administrator_, user, {"*"});
  ASSERT_TRUE(updated.ok()) << updated.status.error_message();
  EXPECT_THAT(updated.value.user().roles(), UnorderedElementsAre(ROLE_CLINICIAN, ROLE_COORDINATOR));

  // What changes nothing keeps the etag.
  user.set_etag(updated.value.user().etag());
  EXPECT_EQ(Update(administrator_, user, {"*"}).value.user().etag(), user.etag());
  EXPECT_THAT(WrongFields(Update(administrator_, user, {"login"}).status), ElementsAre("update_mask"));
  EXPECT_THAT(WrongFields(Update(administrator_, user, {}).status), ElementsAre("update_mask"));
  user.clear_display_name();
  EXPECT_THAT(WrongFields(Update(administrator_, user, {"*"}).status), ElementsAre("user.display_name"));
}

TEST_F(UsersTest, DoNotChangeTheirOwnRights) {
  v1::User self = GetUser(administrator_, NameOf("users", administrator_.user)).value.user();
  self.add_roles(ROLE_COORDINATOR);
  EXPECT_EQ(Update(administrator_, self, {"roles"}).reason(), "OWN_ACCOUNT");
  self.set_disabled(true);
  EXPECT_EQ(Update(administrator_, self, {"disabled"}).reason(), "OWN_ACCOUNT");
  self.set_display_name("Countess");
  EXPECT_TRUE(Update(administrator_, self, {"display_name"}).ok());
}

TEST_F(UsersTest, GetClearancesFromTheirOrganizationsAdministrator) {
  v1::CreateUserRequest request = Request();
  request.mutable_user()->add_clearances(options::v1::SECURITY_LABEL_SUBSTANCE_USE);
  v1::User user = Create(administrator_, request).value.user();
  EXPECT_THAT(user.clearances(), ElementsAre(options::v1::SECURITY_LABEL_SUBSTANCE_USE));
  user.add_clearances(options::v1::SECURITY_LABEL_HIV);
  auto updated = Update(administrator_, user, {"clearances"});
  ASSERT_TRUE(updated.ok()) << updated.status.error_message();
  EXPECT_THAT(GetUser(administrator_, user.name()).value.user().clearances(),
              ElementsAre(options::v1::SECURITY_LABEL_SUBSTANCE_USE, options::v1::SECURITY_LABEL_HIV));
  user = updated.value.user();
  user.clear_clearances();
  user.set_display_name("New Name");
  EXPECT_EQ(Update(administrator_, user, {"display_name"}).value.user().clearances_size(), 2) << "not named";
  user.clear_etag();
  EXPECT_EQ(Update(administrator_, user, {"clearances"}).value.user().clearances_size(), 0);
  user.add_clearances(static_cast<options::v1::SecurityLabel>(29));
  EXPECT_THAT(WrongFields(Update(administrator_, user, {"clearances"}).status), ElementsAre("user.clearances[0]"));
}

TEST_F(UsersTest, DoNotClearThemselvesNorByThePlatformsAdministrator) {
  v1::User self = GetUser(administrator_, NameOf("users", administrator_.user)).value.user();
  self.add_clearances(options::v1::SECURITY_LABEL_HIV);
  EXPECT_EQ(Update(administrator_, self, {"clearances"}).reason(), "OWN_ACCOUNT");
  testing::TestUser platform = administrator_;
  platform.roles = {options::v1::ROLE_PLATFORM_ADMINISTRATOR};
  v1::CreateUserRequest request = Request(options::v1::ROLE_DIRECTORY_ADMINISTRATOR);
  const v1::User other = Create(platform, request).value.user();
  request = Request(options::v1::ROLE_DIRECTORY_ADMINISTRATOR);
  request.mutable_user()->add_clearances(options::v1::SECURITY_LABEL_HIV);
  EXPECT_EQ(Create(platform, request).reason(), "CLEARANCE_NOT_YOURS_TO_GIVE");
  v1::User wanted = other;
  wanted.add_clearances(options::v1::SECURITY_LABEL_HIV);
  EXPECT_EQ(Update(platform, wanted, {"clearances"}).reason(), "CLEARANCE_NOT_YOURS_TO_GIVE");
}

TEST_F(UsersTest, WhoAreDisabledCannotSignInAndAreHiddenFromLists) {
  const v1::CreateUserRequest request = Request();
  v1::User user = Create(administrator_, request).value.user();
  ASSERT_TRUE(SignIn(request.user().login(), kPassword).ok());
  user.set_disabled(true);
  ASSERT_TRUE(Update(administrator_, user, {"disabled"}).ok());
  EXPECT_EQ(SignIn(request.user().login(), kPassword).reason(), "SIGN_IN_REFUSED");
  v1::ListUsersRequest list;
  list.set_role(ROLE_COORDINATOR);
  EXPECT_EQ(Call(administrator_, *users_, &v1::Users::Stub::ListUsers, list).value.users_size(), 0);
  list.set_show_disabled(true);
  EXPECT_EQ(Call(administrator_, *users_, &v1::Users::Stub::ListUsers, list).value.users_size(), 1);
}

}  // namespace
}  // namespace trellis::identity
