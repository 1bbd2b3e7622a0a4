#include "absl/strings/ascii.h"
#include "gmock/gmock.h"
#include "services/identity/api/bootstrap.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;

class OrganizationsTest : public IdentityTest {
 protected:
  v1::CreateOrganizationRequest Request() {
    v1::CreateOrganizationRequest request;
    request.mutable_organization()->set_display_name("HMP Example");
    request.mutable_organization()->set_kind(v1::Organization::KIND_PRISON);
    request.mutable_administrator()->set_login(NewLogin());
    request.mutable_administrator()->set_display_name("Ada");
    request.set_administrator_password(kPassword);
    return request;
  }
  Answer<v1::CreateOrganizationResponse> Create(const v1::CreateOrganizationRequest& request) {
    return Call(platform_, *organizations_, &v1::Organizations::Stub::CreateOrganization, request);
  }
};

TEST_F(OrganizationsTest, IsCreatedWithAnAdministratorWhoCanSignIn) {
  const v1::CreateOrganizationRequest request = Request();
  const auto created = Create(request);
  ASSERT_TRUE(created.ok()) << created.status.error_message();
  EXPECT_EQ(created.value.organization().display_name(), "HMP Example");
  EXPECT_EQ(created.value.organization().kind(), v1::Organization::KIND_PRISON);
  EXPECT_THAT(created.value.administrator().roles(), ElementsAre(options::v1::ROLE_ORGANIZATION_ADMINISTRATOR));
  const auto session = SignIn(request.administrator().login(), kPassword);
  ASSERT_TRUE(session.ok()) << session.status.error_message();
  EXPECT_EQ(session.value.organization(), created.value.organization().name());

  // Everybody who is signed in may know its name and kind.
  v1::GetOrganizationRequest get;
  get.set_name(created.value.organization().name());
  const auto read = Call(administrator_, *organizations_, &v1::Organizations::Stub::GetOrganization, get);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value.organization().SerializeAsString(), created.value.organization().SerializeAsString());
}

TEST_F(OrganizationsTest, NamesWhatIsWrong) {
  v1::CreateOrganizationRequest request = Request();
  request.mutable_organization()->set_kind(v1::Organization::KIND_OPERATOR);
  EXPECT_THAT(WrongFields(Create(request).status), ElementsAre("organization.kind"));
  request = Request();
  request.mutable_organization()->set_kind(static_cast<v1::Organization::Kind>(77));
  EXPECT_EQ(Create(request).code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = Request();
  request.mutable_administrator()->set_login("not an address");
  EXPECT_THAT(WrongFields(Create(request).status), ElementsAre("administrator.login"));
  request = Request();
  request.set_administrator_password("too short");
  const auto unfit = Create(request);
  EXPECT_EQ(unfit.reason(), "PASSWORD_UNFIT");
  EXPECT_THAT(WrongFields(unfit.status), ElementsAre("administrator_password"));
}

TEST_F(OrganizationsTest, LeavesNothingBehindWhereTheLoginIsTaken) {
  v1::CreateOrganizationRequest request = Request();
  ASSERT_TRUE(Create(request).ok());
  v1::ListOrganizationsRequest list;
  list.set_page_size(500);
  const auto before = Call(platform_, *organizations_, &v1::Organizations::Stub::ListOrganizations, list);
  request.mutable_administrator()->set_login(absl::AsciiStrToUpper(request.administrator().login()));
  EXPECT_EQ(Create(request).reason(), "LOGIN_TAKEN");
  const auto after = Call(platform_, *organizations_, &v1::Organizations::Stub::ListOrganizations, list);
  EXPECT_EQ(after.value.organizations_size(), before.value.organizations_size());
}

TEST_F(OrganizationsTest, IsCreatedOnceForOneRequestId) {
  v1::CreateOrganizationRequest request = Request();
  request.set_request_id(NewRequestId());
  const auto first = Create(request);
  ASSERT_TRUE(first.ok()) << first.status.error_message();
  const auto again = Create(request);
  ASSERT_TRUE(again.ok()) << again.status.error_message();
  EXPECT_EQ(again.value.SerializeAsString(), first.value.SerializeAsString());
  request.mutable_organization()->set_display_name("Another");
  EXPECT_EQ(Create(request).reason(), "REQUEST_ID_REUSED");
}

TEST_F(OrganizationsTest, AreForPlatformAdministratorsToCreateAndList) {
  const auto created = Call(administrator_, *organizations_, &v1::Organizations::Stub::CreateOrganization, Request());
  EXPECT_EQ(created.code(), grpc::StatusCode::PERMISSION_DENIED);
  const auto listed = Call(administrator_, *organizations_, &v1::Organizations::Stub::ListOrganizations,
                           v1::ListOrganizationsRequest());
  EXPECT_EQ(listed.code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(OrganizationsTest, AreListedPageByPage) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Create(Request()).ok());
  std::set<std::string> seen;
  v1::ListOrganizationsRequest list;
  list.set_page_size(2);
  do {
    const auto page = Call(platform_, *organizations_, &v1::Organizations::Stub::ListOrganizations, list);
    ASSERT_TRUE(page.ok()) << page.status.error_message();
    EXPECT_LE(page.value.organizations_size(), 2);
    for (const auto& one : page.value.organizations()) EXPECT_TRUE(seen.insert(one.name()).second);
    list.set_page_token(page.value.next_page_token());
  } while (!list.page_token().empty());
  EXPECT_GE(seen.size(), 4u);
  list.set_page_token("nonsense");
  EXPECT_THAT(WrongFields(Call(platform_, *organizations_, &v1::Organizations::Stub::ListOrganizations, list).status),
              ElementsAre("page_token"));
}

TEST_F(OrganizationsTest, ThatDoNotExistAreNotFound) {
  v1::GetOrganizationRequest get;
  get.set_name("organizations/01890000-0000-7000-8000-000000000000");
  EXPECT_EQ(Call(administrator_, *organizations_, &v1::Organizations::Stub::GetOrganization, get).code(),
            grpc::StatusCode::NOT_FOUND);
  get.set_name("organizations/1 OR 1=1");
  EXPECT_EQ(Call(administrator_, *organizations_, &v1::Organizations::Stub::GetOrganization, get).code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(OrganizationsTest, BeginWithABootstrapThatMayBeRepeated) {
  Passwords passwords({.hashing = {.memory_kib = 19456, .passes = 2, .lanes = 1}}, SystemRandom(), "");
  const std::string login = NewLogin();
  ASSERT_TRUE(Bootstrap(service().runtime(), passwords, login, kPassword).ok());
  const auto session = SignIn(login, kPassword);
  ASSERT_TRUE(session.ok());
  EXPECT_THAT(session.value.user().roles(), ElementsAre(options::v1::ROLE_PLATFORM_ADMINISTRATOR));

  // Again with another password: nothing changes.
  ASSERT_TRUE(Bootstrap(service().runtime(), passwords, login, "another password entirely").ok());
  EXPECT_TRUE(SignIn(login, kPassword).ok());
  EXPECT_FALSE(SignIn(login, "another password entirely").ok());
  // A further one joins the same organization.
  const std::string second = NewLogin();
  ASSERT_TRUE(Bootstrap(service().runtime(), passwords, second, kPassword).ok());
  EXPECT_EQ(SignIn(second, kPassword).value.organization(), session.value.organization());

  v1::CreateUserRequest request;
  request.mutable_user()->set_login(NewLogin());
  request.mutable_user()->set_display_name("C");
  request.mutable_user()->add_roles(options::v1::ROLE_COORDINATOR);
  request.set_password(kPassword);
  ASSERT_TRUE(Call(administrator_, *users_, &v1::Users::Stub::CreateUser, request).ok());
  EXPECT_FALSE(Bootstrap(service().runtime(), passwords, request.user().login(), kPassword).ok());
}

}  // namespace
}  // namespace trellis::identity
