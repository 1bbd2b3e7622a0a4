#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/base64url.h"
#include "common/crypto/signing_key.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

class SessionsTest : public IdentityTest {
 protected:
  // A coordinator's login name.
  std::string NewAccount() {
    v1::CreateUserRequest request;
    request.mutable_user()->set_login(NewLogin());
    request.mutable_user()->set_display_name("Somebody");
    request.mutable_user()->add_roles(options::v1::ROLE_COORDINATOR);
    request.set_password(kPassword);
    EXPECT_TRUE(Call(administrator_, *users_, &v1::Users::Stub::CreateUser, request).ok());
    return request.user().login();
  }
};

TEST_F(SessionsTest, SignInGivesATokenThatOpensTheRightDoors) {
  const std::string login = NewAccount();
  const auto session = SignIn(absl::AsciiStrToUpper(login), kPassword);
  ASSERT_TRUE(session.ok()) << session.status.error_message();
  EXPECT_EQ(session.value.user().login(), login);
  const absl::Duration life = absl::FromUnixSeconds(session.value.expire_time().seconds()) - clock().Now();
  EXPECT_LE(life, absl::Minutes(5));
  EXPECT_GT(life, absl::Seconds(298));

  grpc::ClientContext context;
  context.AddMetadata("authorization", absl::StrCat("Bearer ", session.value.access_token()));
  v1::RegisterPersonRequest request;
  request.mutable_person()->set_given_names("Anna");
  v1::RegisterPersonResponse response;
  const grpc::Status status = persons_->RegisterPerson(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();

  grpc::ClientContext second;
  second.AddMetadata("authorization", absl::StrCat("Bearer ", session.value.access_token()));
  v1::ListOrganizationsResponse list;
  EXPECT_EQ(organizations_->ListOrganizations(&second, v1::ListOrganizationsRequest(), &list).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(SessionsTest, TokensVerifyWithThePublishedKeys) {
  const auto session = SignIn(NewAccount(), kPassword);
  const std::vector<std::string> parts = absl::StrSplit(session.value.access_token(), '.');
  ASSERT_EQ(parts.size(), 3u);
  v1::GetKeySetResponse keys;
  ASSERT_TRUE(keys_->GetKeySet(testing::TestService::AsNobody().get(), v1::GetKeySetRequest(), &keys).ok());
  ASSERT_EQ(keys.keys_size(), 1);
  EXPECT_EQ(keys.keys(0).kty(), "OKP");
  EXPECT_EQ(keys.keys(0).alg(), "EdDSA");
  EXPECT_THAT(crypto::Base64UrlDecode(parts[0]).value(), ::testing::HasSubstr(keys.keys(0).kid()));
  EXPECT_TRUE(crypto::VerifyEd25519(crypto::Base64UrlDecode(keys.keys(0).x()).value(),
                                    absl::StrCat(parts[0], ".", parts[1]), crypto::Base64UrlDecode(parts[2]).value()));
}

TEST_F(SessionsTest, KeysOutliveTheProcess) {
  const auto session = SignIn(NewAccount(), kPassword);
  service().Restart();
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.AddMetadata("authorization", absl::StrCat("Bearer ", session.value.access_token()));
  v1::GetUserRequest request;
  request.set_name(session.value.user().name());
  v1::GetUserResponse response;
  const grpc::Status status = v1::Users::NewStub(service().channel())->GetUser(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(SessionsTest, AWrongPasswordAndAnUnknownLoginLookTheSame) {
  const auto wrong = SignIn(NewAccount(), "correct horse battery stapler");
  const auto unknown = SignIn(NewLogin(), "correct horse battery stapler");
  EXPECT_EQ(wrong.reason(), "SIGN_IN_REFUSED");
  EXPECT_TRUE(SameRefusal(wrong.status, "-", unknown.status, "-"));
}

TEST_F(SessionsTest, NoPartOfThePasswordIsIgnored) {
  const std::string login = NewAccount();
  for (const std::string& wrong :
       {absl::StrCat(kPassword, " "), absl::AsciiStrToUpper(kPassword), absl::StrCat(kPassword, std::string(1, '\0')),
        std::string("correct horse batter")}) {
    EXPECT_FALSE(SignIn(login, wrong).ok()) << wrong;
  }
  EXPECT_TRUE(SignIn(login, kPassword).ok());
}

TEST_F(SessionsTest, RestAfterFailuresAndForgetThemAfterASuccess) {
  const std::string login = NewAccount();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(SignIn(login, "not the password at all").ok());
  const auto resting = SignIn(login, kPassword);
  EXPECT_EQ(resting.reason(), "SIGN_IN_REFUSED") << "a second of rest";
  clock().Advance(absl::Seconds(2));
  EXPECT_TRUE(SignIn(login, kPassword).ok());
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(SignIn(login, "not the password at all").ok());
  EXPECT_TRUE(SignIn(login, kPassword).ok()) << "the five of before are forgotten";
}

TEST_F(SessionsTest, StrangeInputIsRefusedNotServed) {
  for (const std::string& login : {std::string("' OR '1'='1"), std::string("a@b.org\0x", 9), std::string(254, 'x'),
                                   std::string("ünknown@example.org")}) {
    const auto answer = SignIn(login, kPassword);
    EXPECT_TRUE(answer.code() == grpc::StatusCode::UNAUTHENTICATED ||
                answer.code() == grpc::StatusCode::INVALID_ARGUMENT)
        << answer.status.error_message();
  }
  EXPECT_EQ(SignIn(NewLogin(), std::string(100'000, 'p')).code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(SignIn(NewLogin(), std::string(2'000, 'p')).code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(SessionsTest, NothingIsOpenWithoutAToken) {
  v1::GetUserRequest request;
  request.set_name(NameOf("users", administrator_.user));
  v1::GetUserResponse response;
  EXPECT_EQ(users_->GetUser(testing::TestService::AsNobody().get(), request, &response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace trellis::identity
