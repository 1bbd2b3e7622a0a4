// Guessing: how little of it is looked at, and that it keeps nobody out who has been here before.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "services/identity/api/release_login.h"
#include "services/identity/domain/account_rules.h"
#include "tests/integration/identity/session_fixture.h"

namespace trellis::identity {
namespace {

constexpr char kWrong[] = "not the password at all";

class ThrottleTest : public SessionTest {
 protected:
  std::string Source(int i) { return absl::StrCat("192.0.2.", i % 50 + 1); }

  // How many guesses have been looked at: in a row, or within the hour.
  int LookedAt(const Account& account, const char* column = "failures") {
    return Count(absl::StrCat("SELECT ", column, " FROM sign_in_account WHERE login_key = UNHEX(SHA2('", account.login,
                              "', 256)) LIMIT 1"));
  }
};

TEST_F(ThrottleTest, ACrowdFromFiftyPlacesIsHardlyLookedAtAndKeepsNobodyOut) {
  const Account victim = NewAccount();
  const std::string device = SignedIn(victim).device_token();
  ASSERT_FALSE(device.empty());
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(SignInFrom(Source(i), Credentials(victim, kWrong)).reason(), "SIGN_IN_REFUSED");
    clock().Advance(absl::Seconds(1));
    if (i % 30 != 0) continue;
    const auto mine = SignInFrom("198.51.100.7", Credentials(victim, kPassword, device));
    EXPECT_TRUE(mine.ok()) << "guess " << i << ": " << mine.status.error_message();
    EXPECT_TRUE(mine.value.device_token().empty()) << "the one that it has stays good";
  }
  EXPECT_GT(LookedAt(victim, "hour_failures"), kFreeTriesInAnHour);
  EXPECT_LE(LookedAt(victim, "hour_failures"), 26);
}

TEST_F(ThrottleTest, AfterAHundredFailuresInARowNothingIsLookedAtButAKnownDevice) {
  const Account victim = NewAccount();
  const std::string device = SignedIn(victim).device_token();
  for (int i = 0; i < 130; ++i) {
    SignInFrom(absl::StrCat("203.0.113.", i), Credentials(victim, kWrong));
    clock().Advance(absl::Minutes(20));
  }
  EXPECT_EQ(LookedAt(victim), kMostFailuresInARow);
  service().Restart();
  EXPECT_EQ(LookedAt(victim), kMostFailuresInARow) << "a restart forgets nothing";
  EXPECT_EQ(SignInFrom("198.51.100.8", Credentials(victim)).reason(), "SIGN_IN_REFUSED") << "a new device";
  EXPECT_TRUE(SignInFrom("198.51.100.8", Credentials(victim, kPassword, device)).ok());
  EXPECT_TRUE(SignInFrom("198.51.100.8", Credentials(victim)).ok()) << "the user was here: the row is over";
}

TEST_F(ThrottleTest, ANewPasswordEndsARowOfFailures) {
  const Account victim = NewAccount();
  for (int i = 0; i < 100; ++i) {
    SignInFrom(absl::StrCat("203.0.113.", i), Credentials(victim, kWrong));
    clock().Advance(absl::Minutes(20));
  }
  EXPECT_EQ(SignInFrom("198.51.100.8", Credentials(victim)).reason(), "SIGN_IN_REFUSED");
  v1::SetPasswordRequest request;
  request.set_user(victim.name);
  request.set_new_password("another long enough phrase");
  const auto set = Call(administrator_, *users_, &v1::Users::Stub::SetPassword, request);
  ASSERT_TRUE(set.ok()) << set.status.error_message();
  EXPECT_TRUE(SignInFrom("198.51.100.9", Credentials(victim, request.new_password())).ok());
}

// The only administrator of an organization has no colleague who could give them a new password.
TEST_F(ThrottleTest, TheOperatorReleasesALogin) {
  const Account victim = NewAccount();
  for (int i = 0; i < 100; ++i) {
    SignInFrom(absl::StrCat("203.0.113.", i), Credentials(victim, kWrong));
    clock().Advance(absl::Minutes(20));
  }
  EXPECT_EQ(SignInFrom("198.51.100.8", Credentials(victim)).reason(), "SIGN_IN_REFUSED");
  ASSERT_TRUE(ReleaseLogin(service().runtime(), absl::AsciiStrToUpper(victim.login)).ok());
  EXPECT_TRUE(SignInFrom("198.51.100.8", Credentials(victim)).ok());
  EXPECT_TRUE(absl::IsNotFound(ReleaseLogin(service().runtime(), "nobody@nowhere.example")));
  EXPECT_TRUE(absl::IsInvalidArgument(ReleaseLogin(service().runtime(), "no login")));
}

// Told to come again is not tried: a class that signs in at nine o'clock must not lock its account.
TEST_F(ThrottleTest, ManyAtOnceWithTheRightPasswordAreNoGuesses) {
  const Account account = NewAccount();
  std::atomic<int> signed_in = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 8; ++n) {
        const auto answer = SignInFrom("192.0.2.20", Credentials(account));
        if (answer.ok()) ++signed_in;
        if (!answer.ok() && answer.code() != grpc::StatusCode::RESOURCE_EXHAUSTED) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(signed_in, 0);
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(LookedAt(account), 0);
}

TEST_F(ThrottleTest, OnePlaceRestsAndOthersDoNot) {
  const Account victim = NewAccount();
  for (int i = 0; i < 5; ++i) SignInFrom("192.0.2.77", Credentials(victim, kWrong));
  EXPECT_FALSE(SignInFrom("192.0.2.77", Credentials(victim)).ok());
  EXPECT_TRUE(SignInFrom("192.0.2.78", Credentials(victim)).ok());
}

TEST_F(ThrottleTest, AKnownDeviceIsHeldToItsOwnFailures) {
  const Account account = NewAccount();
  const std::string device = SignedIn(account).device_token();
  for (int i = 0; i < 5; ++i) SignInFrom("192.0.2.5", Credentials(account, kWrong, device));
  EXPECT_FALSE(SignInFrom("192.0.2.5", Credentials(account, kPassword, device)).ok()) << "a second of rest";
  EXPECT_TRUE(SignInFrom("192.0.2.5", Credentials(account)).ok()) << "like any new device";
  clock().Advance(absl::Seconds(2));
  EXPECT_TRUE(SignInFrom("192.0.2.5", Credentials(account, kPassword, device)).ok());
}

TEST_F(ThrottleTest, ADeviceIsKnownForItsOwnUserOnly) {
  const Account one = NewAccount();
  const Account other = NewAccount();
  const std::string device = SignedIn(one).device_token();
  const auto answer = SignInFrom("192.0.2.6", Credentials(other, kPassword, device));
  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(answer.value.device_token().empty());
  EXPECT_NE(answer.value.device_token(), device);
}

TEST_F(ThrottleTest, OnlyDigestsOfDevicesAreKept) {
  const Account account = NewAccount();
  const std::string device = SignedIn(account).device_token();
  EXPECT_EQ(Count(absl::StrCat("SELECT COUNT(*) FROM known_device WHERE token_hash = UNHEX(SHA2('", device,
                               "', 256)) LIMIT 1")),
            1);
}

TEST_F(ThrottleTest, TheTwentyNewestDevicesAreRemembered) {
  const Account account = NewAccount();
  const std::string first = SignedIn(account).device_token();
  for (int i = 0; i < 20; ++i) {
    clock().Advance(absl::Seconds(1));
    SignedIn(account);
  }
  const auto answer = SignInFrom("192.0.2.9", Credentials(account, kPassword, first));
  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(answer.value.device_token().empty()) << "the first one is forgotten, and this one is new";
  const std::string user = account.name.substr(account.name.find('/') + 1);
  EXPECT_EQ(Count(absl::StrCat("SELECT COUNT(*) FROM known_device WHERE user_id = UNHEX(REPLACE('", user,
                               "', '-', '')) LIMIT 1")),
            20);
}

}  // namespace
}  // namespace trellis::identity
