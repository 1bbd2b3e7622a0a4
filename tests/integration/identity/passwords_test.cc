// Changing one's own password, and being given a new one.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/crypto/password.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/session_fixture.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;

constexpr char kNext[] = "ibsk fjor umpel dratt";

class PasswordsTest : public SessionTest {
 protected:
  Answer<v1::ChangePasswordResponse> Change(const std::string& token, const std::string& current,
                                            const std::string& next, const std::string& request_id = "") {
    v1::ChangePasswordRequest request;
    request.set_current_password(current);
    request.set_new_password(next);
    request.set_request_id(request_id);
    return CallWith(token, *users_, &v1::Users::Stub::ChangePassword, request);
  }
  Answer<v1::SetPasswordResponse> Set(const testing::TestUser& who, const std::string& user, const std::string& next) {
    v1::SetPasswordRequest request;
    request.set_user(user);
    request.set_new_password(next);
    return Call(who, *users_, &v1::Users::Stub::SetPassword, request);
  }
};

TEST_F(PasswordsTest, ChangingEndsAllOtherSessions) {
  const Account account = NewAccount();
  const std::string mine = SignedIn(account).access_token();
  const std::string other = SignedIn(account).access_token();
  const std::string id = NewRequestId();
  const auto changed = Change(mine, kPassword, kNext, id);
  ASSERT_TRUE(changed.ok()) << changed.status.error_message();
  EXPECT_EQ(changed.value.ended_count(), 1);
  EXPECT_TRUE(List(mine).ok());
  EXPECT_EQ(List(other).reason(), "SESSION_ENDED");
  EXPECT_EQ(SignIn(account.login, kPassword).reason(), "SIGN_IN_REFUSED");
  EXPECT_TRUE(SignIn(account.login, kNext).ok());
  const auto again = Change(mine, kPassword, kNext, id);
  EXPECT_TRUE(again.ok()) << "repeated: " << again.status.error_message();
  EXPECT_EQ(again.value.ended_count(), 1);
}

// Whoever knew the old password may have signed in with it somewhere.
TEST_F(PasswordsTest, AfterAChangeNoOtherDeviceIsKnown) {
  const Account account = NewAccount();
  const v1::SignInResponse other = SignedIn(account);
  const auto changed = Change(SignedIn(account).access_token(), kPassword, kNext);
  ASSERT_TRUE(changed.ok()) << changed.status.error_message();
  const auto from_other = SignInFrom("192.0.2.1", Credentials(account, kNext, other.device_token()));
  ASSERT_TRUE(from_other.ok()) << from_other.status.error_message();
  EXPECT_NE(from_other.value.device_token(), "") << "a strange device";
  const auto from_this = SignInFrom("192.0.2.1", Credentials(account, kNext, changed.value.device_token()));
  ASSERT_TRUE(from_this.ok()) << from_this.status.error_message();
  EXPECT_EQ(from_this.value.device_token(), "") << "a known device";
}

TEST_F(PasswordsTest, AWeakHashIsReplacedAtTheNextSignIn) {
  const Account account = NewAccount();
  const auto weak = crypto::HashPassword(kPassword, SystemRandom(), {.memory_kib = 8192, .passes = 1});
  ASSERT_TRUE(weak.ok()) << weak.status();
  const auto stored = [&] {
    std::string phc;
    const absl::Status status =
        service().pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(
              const auto row,
              session.QueryOne<std::string>("SELECT password_hash FROM user WHERE login = ?", account.login));
          phc = std::get<0>(*row);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return phc;
  };
  EXPECT_TRUE(absl::StartsWith(stored(), "$argon2id$v=19$m=19456,t=2,p=1$")) << "as this service is set";
  ASSERT_TRUE(
      service()
          .pool()
          .Transact(
              absl::Now() + absl::Seconds(10),
              [&](db::Session& tx) {
                return tx.Execute("UPDATE user SET password_hash = ? WHERE login = ?", *weak, account.login).status();
              })
          .ok());
  EXPECT_FALSE(SignIn(account.login, "not the password at all").ok());
  EXPECT_EQ(stored(), *weak) << "only who knows the password has it hashed again";
  EXPECT_TRUE(SignIn(account.login, kPassword).ok());
  EXPECT_TRUE(absl::StartsWith(stored(), "$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_TRUE(SignIn(account.login, kPassword).ok());
}

TEST_F(PasswordsTest, ChangingWantsThePresentOneAndAFitOne) {
  const std::string token = SignedIn(NewAccount()).access_token();
  EXPECT_EQ(Change(token, "not the password at all", kNext).reason(), "PASSWORD_REFUSED");
  for (const char* unfit : {"short", "passwordpassword", "Northside-Wellbeing-1"}) {
    const auto answer = Change(token, kPassword, unfit);
    EXPECT_EQ(answer.reason(), "PASSWORD_UNFIT") << unfit;
    EXPECT_THAT(WrongFields(answer.status), ElementsAre("new_password"));
  }
  EXPECT_TRUE(Change(token, kPassword, kNext).ok());
}

TEST_F(PasswordsTest, GuessingThePresentOneIsHeldUp) {
  const std::string token = SignedIn(NewAccount()).access_token();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Change(token, absl::StrCat("a wrong guess, number ", i), kNext).ok());
  EXPECT_EQ(Change(token, kPassword, kNext).reason(), "PASSWORD_REFUSED") << "rests";
  clock().Advance(absl::Seconds(2));
  EXPECT_TRUE(Change(token, kPassword, kNext).ok());
}

TEST_F(PasswordsTest, AnAdministratorGivesANewOne) {
  const Account account = NewAccount();
  const v1::SignInResponse before = SignedIn(account);
  const auto set = Set(administrator_, account.name, kNext);
  ASSERT_TRUE(set.ok()) << set.status.error_message();
  EXPECT_EQ(set.value.ended_count(), 1);
  EXPECT_EQ(List(before.access_token()).reason(), "SESSION_ENDED");
  const auto in = SignInFrom("192.0.2.1", Credentials(account, kNext, before.device_token()));
  ASSERT_TRUE(in.ok());
  EXPECT_FALSE(in.value.device_token().empty()) << "no device is known any more";
}

TEST_F(PasswordsTest, NobodySetsThePasswordsOfOthersWithoutTheRight) {
  const Account account = NewAccount();
  const auto stranger = Set(NewOrganization(), account.name, kNext);
  EXPECT_EQ(stranger.code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(SameRefusal(stranger.status, account.name, Set(administrator_, NameOf("users", Id()), kNext).status,
                          NameOf("users", Id())));
  EXPECT_EQ(Set(NewUser({options::v1::ROLE_COORDINATOR}), account.name, kNext).code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Set(administrator_, NameOf("users", administrator_.user), kNext).reason(), "OWN_ACCOUNT");
  EXPECT_TRUE(SignIn(account.login, kPassword).ok());
}

}  // namespace
}  // namespace trellis::identity
