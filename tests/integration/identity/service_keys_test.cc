// Programs that act in their own name.
#include <string>

#include "absl/strings/match.h"
#include "common/rpc/timestamps.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/session_fixture.h"
#include "trellis/identity/v1/service_keys.grpc.pb.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;

class ServiceKeysTest : public SessionTest {
 protected:
  using Stub = v1::ServiceKeys::Stub;

  Answer<v1::CreateUserResponse> CreateAccount(const std::string& password = "") {
    v1::CreateUserRequest request;
    request.mutable_user()->set_login(NewLogin());
    request.mutable_user()->set_display_name("Nightly report");
    request.mutable_user()->add_roles(options::v1::ROLE_SERVICE_ACCOUNT);
    request.mutable_user()->add_roles(options::v1::ROLE_COORDINATOR);
    request.set_password(password);
    return Call(administrator_, *users_, &v1::Users::Stub::CreateUser, request);
  }
  v1::CreateServiceKeyRequest Wanted(const std::string& user, absl::Duration life = absl::Hours(24 * 90)) {
    v1::CreateServiceKeyRequest request;
    request.mutable_service_key()->set_user(user);
    request.mutable_service_key()->set_display_name("report");
    *request.mutable_service_key()->mutable_expire_time() = rpc::ToTimestamp(clock().Now() + life);
    return request;
  }
  Answer<v1::CreateServiceKeyResponse> Create(const v1::CreateServiceKeyRequest& request) {
    return Call(administrator_, *service_keys_, &Stub::CreateServiceKey, request);
  }
  Answer<v1::SignInServiceResponse> SignInWith(const std::string& key) {
    v1::SignInServiceRequest request;
    request.set_key(key);
    Answer<v1::SignInServiceResponse> answer;
    answer.status = sessions_->SignInService(testing::TestService::AsNobody().get(), request, &answer.value);
    return answer;
  }

  std::unique_ptr<Stub> service_keys_ = v1::ServiceKeys::NewStub(service().channel());
};

TEST_F(ServiceKeysTest, AProgramSignsInWithItsKeyAndUsesItsRoles) {
  const auto account = CreateAccount();
  ASSERT_TRUE(account.ok()) << account.status.error_message();
  const auto created = Create(Wanted(account.value.user().name()));
  ASSERT_TRUE(created.ok()) << created.status.error_message();
  EXPECT_TRUE(absl::StartsWith(created.value.key(), "trellis_"));
  const auto session = SignInWith(created.value.key());
  ASSERT_TRUE(session.ok()) << session.status.error_message();
  EXPECT_THAT(session.value.session().methods(), ElementsAre("key"));
  v1::RegisterPersonRequest person;
  person.mutable_person()->set_given_names("Anna");
  EXPECT_TRUE(CallWith(session.value.access_token(), *persons_, &v1::Persons::Stub::RegisterPerson, person).ok());
  EXPECT_TRUE(Refresh(session.value.refresh_token()).ok());

  v1::ListServiceKeysRequest list;
  list.set_user(account.value.user().name());
  const auto listed = Call(administrator_, *service_keys_, &Stub::ListServiceKeys, list);
  ASSERT_EQ(listed.value.service_keys_size(), 1);
  EXPECT_TRUE(listed.value.service_keys(0).has_use_time());
}

TEST_F(ServiceKeysTest, AServiceAccountHasNoPassword) {
  EXPECT_THAT(WrongFields(CreateAccount(kPassword).status), ElementsAre("password"));
  const auto account = CreateAccount();
  EXPECT_EQ(SignIn(account.value.user().login(), "").code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(SignIn(account.value.user().login(), kPassword).reason(), "SIGN_IN_REFUSED");
  v1::SetPasswordRequest request;
  request.set_user(account.value.user().name());
  request.set_new_password("ibsk fjor umpel dratt");
  EXPECT_EQ(Call(administrator_, *users_, &v1::Users::Stub::SetPassword, request).reason(), "SERVICE_ACCOUNT");
}

TEST_F(ServiceKeysTest, NobodyBecomesAServiceAccount) {
  const Account person = NewAccount();
  v1::UpdateUserRequest request;
  request.mutable_user()->set_name(person.name);
  request.mutable_user()->add_roles(options::v1::ROLE_SERVICE_ACCOUNT);
  request.mutable_update_mask()->add_paths("roles");
  EXPECT_EQ(Call(administrator_, *users_, &v1::Users::Stub::UpdateUser, request).reason(), "ACCOUNT_KIND_FIXED");
  EXPECT_EQ(Create(Wanted(person.name)).code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServiceKeysTest, AProgramIsNoAdministrator) {
  v1::CreateUserRequest request;
  request.mutable_user()->set_login(NewLogin());
  request.mutable_user()->set_display_name("Nightly report");
  request.mutable_user()->add_roles(options::v1::ROLE_SERVICE_ACCOUNT);
  request.mutable_user()->add_roles(options::v1::ROLE_ORGANIZATION_ADMINISTRATOR);
  EXPECT_THAT(WrongFields(Call(administrator_, *users_, &v1::Users::Stub::CreateUser, request).status),
              ElementsAre("user.roles"));
}

TEST_F(ServiceKeysTest, OthersNeitherMakeNorSeeKeys) {
  const std::string account = CreateAccount().value.user().name();
  const auto stranger = Call(NewOrganization(), *service_keys_, &Stub::CreateServiceKey, Wanted(account));
  EXPECT_EQ(stranger.code(), grpc::StatusCode::NOT_FOUND);
  const auto key = Create(Wanted(account));
  v1::RevokeServiceKeyRequest revoke;
  revoke.set_name(key.value.service_key().name());
  EXPECT_EQ(Call(NewOrganization(), *service_keys_, &Stub::RevokeServiceKey, revoke).code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(SignInWith(key.value.key()).ok());
}

TEST_F(ServiceKeysTest, ARevokedKeyEndsTheSessionsOfItsAccount) {
  const std::string account = CreateAccount().value.user().name();
  const auto key = Create(Wanted(account));
  const auto session = SignInWith(key.value.key());
  v1::RevokeServiceKeyRequest revoke;
  revoke.set_name(key.value.service_key().name());
  const auto revoked = Call(administrator_, *service_keys_, &Stub::RevokeServiceKey, revoke);
  ASSERT_TRUE(revoked.ok());
  EXPECT_EQ(revoked.value.ended_count(), 1);
  EXPECT_EQ(List(session.value.access_token()).reason(), "SESSION_ENDED");
  EXPECT_EQ(SignInWith(key.value.key()).reason(), "SIGN_IN_REFUSED");
}

TEST_F(ServiceKeysTest, AKeyEndsByItselfAndAtMostFiveAreGood) {
  const std::string account = CreateAccount().value.user().name();
  const auto brief = Create(Wanted(account, absl::Minutes(10)));
  const auto session = SignInWith(brief.value.key());
  ASSERT_TRUE(session.ok());
  clock().Advance(absl::Minutes(10));
  EXPECT_EQ(Refresh(session.value.refresh_token()).reason(), "SESSION_ENDED") << "the session ends with its key";
  EXPECT_EQ(SignInWith(brief.value.key()).reason(), "SIGN_IN_REFUSED");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Create(Wanted(account)).ok());
  EXPECT_EQ(Create(Wanted(account)).reason(), "TOO_MANY_KEYS");
}

TEST_F(ServiceKeysTest, LivesOfKeysAreBounded) {
  const std::string account = CreateAccount().value.user().name();
  for (const absl::Duration life : {absl::Seconds(-1), absl::Hours(24 * 400)}) {
    EXPECT_THAT(WrongFields(Create(Wanted(account, life)).status), ElementsAre("service_key.expire_time")) << life;
  }
}

TEST_F(ServiceKeysTest, ARepetitionMakesNoSecondKeyAndTellsNoSecret) {
  v1::CreateServiceKeyRequest request = Wanted(CreateAccount().value.user().name());
  request.set_request_id(NewRequestId());
  const auto first = Create(request);
  const auto again = Create(request);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first.value.service_key().name(), again.value.service_key().name());
  EXPECT_FALSE(first.value.key().empty());
  EXPECT_TRUE(again.value.key().empty());
}

TEST_F(ServiceKeysTest, UnknownKeysAreRefused) {
  for (const char* key : {"trellis_", "x", "trellis_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_EQ(SignInWith(key).reason(), "SIGN_IN_REFUSED") << key;
  }
}

}  // namespace
}  // namespace trellis::identity
