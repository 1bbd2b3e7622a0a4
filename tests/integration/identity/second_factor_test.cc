// One-time codes: setting up, signing in, once each, stepping up, removing, and organizations that want them.
#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/base64url.h"
#include "common/crypto/totp.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/session_fixture.h"
#include "tests/support/authenticator_app.h"
#include "trellis/identity/v1/second_factors.grpc.pb.h"

namespace trellis::identity {
namespace {

class SecondFactorTest : public SessionTest {
 protected:
  using Stub = v1::SecondFactors::Stub;

  Answer<v1::BeginSecondFactorResponse> Begin(const std::string& token, const std::string& request_id = "",
                                              const std::string& password = kPassword) {
    v1::BeginSecondFactorRequest request;
    request.set_password(password);
    request.set_request_id(request_id);
    return CallWith(token, *factors_, &Stub::BeginSecondFactor, request);
  }
  Answer<v1::ConfirmSecondFactorResponse> Confirm(const std::string& token, const std::string& code) {
    v1::ConfirmSecondFactorRequest request;
    request.set_code(code);
    return CallWith(token, *factors_, &Stub::ConfirmSecondFactor, request);
  }
  Answer<v1::StepUpResponse> StepUp(const std::string& token, const std::string& code) {
    v1::StepUpRequest request;
    request.set_code(code);
    return CallWith(token, *sessions_, &v1::Sessions::Stub::StepUp, request);
  }
  Answer<v1::RemoveSecondFactorResponse> Remove(const std::string& token, const std::string& user) {
    v1::RemoveSecondFactorRequest request;
    request.set_user(user);
    return CallWith(token, *factors_, &Stub::RemoveSecondFactor, request);
  }
  std::string Code(const std::string& seed, int steps = 0) { return testing::CodeAt(seed, clock().Now(), steps); }
  void NextStep() { clock().Advance(crypto::kTotpStep); }

  // The seed of a user who has just set up a second factor in the session of `token`.
  std::string SetUp(const std::string& token) {
    const auto begun = Begin(token);
    EXPECT_TRUE(begun.ok()) << begun.status.error_message();
    const std::string seed = testing::SeedOf(begun.value.secret());
    const auto confirmed = Confirm(token, Code(seed));
    EXPECT_TRUE(confirmed.ok()) << confirmed.status.error_message();
    NextStep();
    return seed;
  }
  static std::string ClaimsOf(const std::string& token) {
    const std::vector<std::string> parts = absl::StrSplit(token, '.');
    return crypto::Base64UrlDecode(parts.at(1)).value_or("");
  }

  std::unique_ptr<Stub> factors_ = v1::SecondFactors::NewStub(service().channel());
};

TEST_F(SecondFactorTest, SigningInWantsACodeOnceItIsSetUp) {
  const Account account = NewAccount();
  const v1::SignInResponse session = SignedIn(account);
  const v1::SignInResponse other = SignedIn(account);
  const std::string seed = SetUp(session.access_token());
  EXPECT_EQ(seed.size(), crypto::kTotpSeedBytes);
  EXPECT_EQ(List(other.access_token()).reason(), "SESSION_ENDED");
  EXPECT_TRUE(List(session.access_token()).ok());
  const auto refreshed = Refresh(session.refresh_token());
  ASSERT_TRUE(refreshed.ok());
  EXPECT_TRUE(absl::StrContains(ClaimsOf(refreshed.value.access_token()), "otp"));

  EXPECT_EQ(SignIn(account.login, kPassword).reason(), "CODE_REQUIRED");
  EXPECT_EQ(SignInFrom("192.0.2.1", Credentials(account, "not the password at all", "", Code(seed))).reason(),
            "SIGN_IN_REFUSED");
  EXPECT_EQ(SignInFrom("192.0.2.1", Credentials(account, kPassword, "", "000000")).reason(), "SIGN_IN_REFUSED");
  const auto in = SignInFrom("192.0.2.1", Credentials(account, kPassword, "", Code(seed)));
  ASSERT_TRUE(in.ok()) << in.status.error_message();
  EXPECT_TRUE(absl::StrContains(ClaimsOf(in.value.access_token()), "otp"));
  EXPECT_EQ(SignInFrom("192.0.2.1", Credentials(account, kPassword, "", Code(seed))).reason(), "SIGN_IN_REFUSED")
      << "each code once";
}

TEST_F(SecondFactorTest, OldAndFarCodesAreRefused) {
  const Account account = NewAccount();
  const std::string seed = SetUp(SignedIn(account).access_token());
  for (int i = 0; i < 4; ++i) NextStep();
  for (const int steps : {-20, -2, 2, 20}) {
    EXPECT_FALSE(
        SignInFrom(absl::StrCat("192.0.2.", 30 + steps), Credentials(account, kPassword, "", Code(seed, steps))).ok())
        << steps;
  }
  EXPECT_TRUE(SignInFrom("192.0.2.60", Credentials(account, kPassword, "", Code(seed, -1))).ok());
}

TEST_F(SecondFactorTest, OneOfAHundredWithTheSameCodeGetsThrough) {
  const Account account = NewAccount();
  const std::string token = SignedIn(account).access_token();
  const std::string seed = SetUp(token);
  const std::string fresh =
      SignInFrom("192.0.2.2", Credentials(account, kPassword, "", Code(seed))).value.access_token();
  NextStep();
  const std::string code = Code(seed);
  std::atomic<int> through = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        const auto answer = StepUp(fresh, code);
        if (answer.ok()) ++through;
        if (answer.reason() == "CODE_REFUSED") ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(through, 1);
  EXPECT_EQ(refused, 99);
}

TEST_F(SecondFactorTest, SteppingUpRenewsTheTimeOfTheFactor) {
  const Account account = NewAccount();
  const std::string token = SignedIn(account).access_token();
  EXPECT_EQ(StepUp(token, "123456").reason(), "NO_SECOND_FACTOR");
  const std::string seed = SetUp(token);
  clock().Advance(absl::Minutes(3));
  const auto up = StepUp(token, Code(seed));
  ASSERT_TRUE(up.ok()) << up.status.error_message();
  EXPECT_TRUE(absl::StrContains(ClaimsOf(up.value.access_token()),
                                absl::StrCat("\"auth_time\":", absl::ToUnixSeconds(clock().Now()))));
  EXPECT_TRUE(List(up.value.access_token()).ok());
}

TEST_F(SecondFactorTest, GuessingWithinASessionIsHeldUpToo) {
  const std::string token = SignedIn(NewAccount()).access_token();
  const std::string seed = SetUp(token);
  for (int i = 0; i < 6; ++i) EXPECT_FALSE(StepUp(token, "000000").ok());
  EXPECT_EQ(StepUp(token, Code(seed)).reason(), "CODE_REFUSED") << "rests";
  clock().Advance(absl::Seconds(30));
  EXPECT_TRUE(StepUp(token, Code(seed)).ok());
}

TEST_F(SecondFactorTest, RepeatingIsNoTry) {
  const std::string token = SignedIn(NewAccount()).access_token();
  const std::string seed = SetUp(token);
  v1::StepUpRequest request;
  request.set_code(Code(seed));
  request.set_request_id(NewRequestId());
  for (int i = 0; i < 30; ++i) {
    const auto answer = CallWith(token, *sessions_, &v1::Sessions::Stub::StepUp, request);
    ASSERT_TRUE(answer.ok()) << i << ": " << answer.status.error_message();
  }
}

TEST_F(SecondFactorTest, BeginningWantsThePasswordAndRepeatsItself) {
  const std::string token = SignedIn(NewAccount()).access_token();
  EXPECT_EQ(Begin(token, "", "not the password at all").reason(), "PASSWORD_REFUSED");
  const std::string id = NewRequestId();
  const auto first = Begin(token, id);
  const auto again = Begin(token, id);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first.value.secret(), again.value.secret());
  EXPECT_NE(Begin(token).value.secret(), first.value.secret());
  EXPECT_TRUE(absl::StartsWith(first.value.uri(), "otpauth://totp/Trellis:"));
  EXPECT_TRUE(absl::StrContains(first.value.uri(), absl::StrCat("secret=", first.value.secret())));
}

TEST_F(SecondFactorTest, WhatWasBegunMustBeConfirmedInTime) {
  const std::string token = SignedIn(NewAccount()).access_token();
  EXPECT_EQ(Confirm(token, "123456").reason(), "NOTHING_BEGUN");
  const std::string seed = testing::SeedOf(Begin(token).value.secret());
  EXPECT_EQ(Confirm(token, "000000").reason(), "CODE_REFUSED");
  EXPECT_FALSE(CallWith(token, *factors_, &Stub::GetSecondFactor, v1::GetSecondFactorRequest()).value.active());
  const std::string renewed = token;
  clock().Advance(absl::Minutes(4));
  EXPECT_TRUE(Confirm(renewed, Code(seed)).ok());
  EXPECT_TRUE(CallWith(token, *factors_, &Stub::GetSecondFactor, v1::GetSecondFactorRequest()).value.active());
}

TEST_F(SecondFactorTest, AnEarlierFactorHoldsUntilTheNextIsConfirmed) {
  const Account account = NewAccount();
  const std::string password_only = SignedIn(account).access_token();
  const std::string seed = SetUp(password_only);
  EXPECT_EQ(Begin(password_only).reason(), "SECOND_FACTOR_REQUIRED") << "the password alone replaces no device";
  const std::string token = StepUp(password_only, Code(seed)).value.access_token();
  NextStep();
  const std::string next = testing::SeedOf(Begin(token).value.secret());
  EXPECT_EQ(Confirm(password_only, Code(next)).reason(), "SECOND_FACTOR_REQUIRED");
  EXPECT_TRUE(SignInFrom("192.0.2.3", Credentials(account, kPassword, "", Code(seed))).ok());
  ASSERT_TRUE(Confirm(token, Code(next)).ok());
  NextStep();
  EXPECT_FALSE(SignInFrom("192.0.2.4", Credentials(account, kPassword, "", Code(seed))).ok());
  EXPECT_TRUE(SignInFrom("192.0.2.4", Credentials(account, kPassword, "", Code(next))).ok());
}

TEST_F(SecondFactorTest, SeedsAreSealed) {
  const Account account = NewAccount();
  const std::string seed = SetUp(SignedIn(account).access_token());
  std::string hex;
  for (const char c : seed) absl::StrAppend(&hex, absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
  EXPECT_GT(Count("SELECT COUNT(*) FROM second_factor WHERE seed IS NOT NULL LIMIT 1"), 0);
  EXPECT_EQ(
      Count(absl::StrCat("SELECT COUNT(*) FROM second_factor WHERE INSTR(HEX(seed), UPPER('", hex, "')) > 0 LIMIT 1")),
      0);
}

TEST_F(SecondFactorTest, RemovingOnesOwnWantsAFreshCode) {
  const Account account = NewAccount();
  const v1::SignInResponse session = SignedIn(account);
  const std::string seed = SetUp(session.access_token());
  EXPECT_EQ(Remove(session.access_token(), account.name).reason(), "SECOND_FACTOR_REQUIRED");
  const auto up = StepUp(session.access_token(), Code(seed));
  ASSERT_TRUE(up.ok());
  EXPECT_TRUE(Remove(up.value.access_token(), account.name).ok());
  EXPECT_EQ(List(up.value.access_token()).reason(), "SESSION_ENDED");
  EXPECT_TRUE(SignIn(account.login, kPassword).ok());
}

TEST_F(SecondFactorTest, AnAdministratorHelpsWhoeverLostTheirDevice) {
  const Account account = NewAccount();
  SetUp(SignedIn(account).access_token());
  v1::RemoveSecondFactorRequest request;
  request.set_user(account.name);
  const auto stranger = Call(NewOrganization(), *factors_, &Stub::RemoveSecondFactor, request);
  EXPECT_EQ(stranger.code(), grpc::StatusCode::NOT_FOUND);
  const auto colleague = Call(NewUser({options::v1::ROLE_COORDINATOR}), *factors_, &Stub::RemoveSecondFactor, request);
  EXPECT_TRUE(SameRefusal(stranger.status, "-", colleague.status, "-"));
  EXPECT_TRUE(Call(administrator_, *factors_, &Stub::RemoveSecondFactor, request).ok());
  EXPECT_EQ(Call(administrator_, *factors_, &Stub::RemoveSecondFactor, request).reason(), "NO_SECOND_FACTOR");
  EXPECT_TRUE(SignIn(account.login, kPassword).ok());
}

// A session of theirs that was left open must not make accounts for whoever finds it.
TEST_F(SecondFactorTest, AnAdministratorWithAFactorShowsItBeforeOpeningAccounts) {
  const Account office = NewAccount({options::v1::ROLE_ORGANIZATION_ADMINISTRATOR, options::v1::ROLE_PRIVACY_OFFICER});
  const Account colleague = NewAccount();
  const Account locked_out = NewAccount();
  SetUp(SignedIn(locked_out).access_token());
  const std::string first = SignedIn(office).access_token();
  const std::string seed = SetUp(first);

  v1::SetPasswordRequest password;
  password.set_user(colleague.name);
  password.set_new_password("another long enough phrase");
  v1::UpdateUserRequest promotion;
  promotion.mutable_user()->set_name(colleague.name);
  promotion.mutable_user()->add_roles(options::v1::ROLE_ORGANIZATION_ADMINISTRATOR);
  promotion.mutable_update_mask()->add_paths("roles");
  v1::UpdateUserRequest clearance;
  clearance.mutable_user()->set_name(NewAccount().name);
  clearance.mutable_user()->add_clearances(options::v1::SECURITY_LABEL_SEALED);
  clearance.mutable_update_mask()->add_paths("clearances");
  v1::CreateUserRequest accomplice;
  accomplice.mutable_user()->set_login(NewLogin());
  accomplice.mutable_user()->set_display_name("Somebody");
  accomplice.mutable_user()->add_roles(options::v1::ROLE_ORGANIZATION_ADMINISTRATOR);
  accomplice.set_password(kPassword);
  const auto reasons = [&](const std::string& token) {
    return std::vector<std::string>{CallWith(token, *users_, &v1::Users::Stub::SetPassword, password).reason(),
                                    CallWith(token, *users_, &v1::Users::Stub::UpdateUser, promotion).reason(),
                                    CallWith(token, *users_, &v1::Users::Stub::UpdateUser, clearance).reason(),
                                    CallWith(token, *users_, &v1::Users::Stub::CreateUser, accomplice).reason(),
                                    Remove(token, locked_out.name).reason()};
  };
  clock().Advance(absl::Minutes(6));
  const auto session = SignInFrom("192.0.2.1", Credentials(office, kPassword, "", Code(seed)));
  ASSERT_TRUE(session.ok()) << session.status.error_message();
  clock().Advance(absl::Minutes(4));
  const auto refreshed = Refresh(session.value.refresh_token());
  ASSERT_TRUE(refreshed.ok());
  clock().Advance(absl::Minutes(2));
  EXPECT_THAT(reasons(refreshed.value.access_token()), ::testing::Each("SECOND_FACTOR_REQUIRED"));
  const auto up = StepUp(refreshed.value.access_token(), Code(seed));
  ASSERT_TRUE(up.ok()) << up.status.error_message();
  EXPECT_THAT(reasons(up.value.access_token()), ::testing::Each(""));
}

TEST_F(SecondFactorTest, AnOrganizationMayWantOneFromEverybody) {
  const Account account = NewAccount();
  v1::UpdateOrganizationRequest change;
  change.mutable_organization()->set_name(NameOf("organizations", administrator_.organization));
  change.mutable_organization()->set_second_factor_required(true);
  change.mutable_update_mask()->add_paths("second_factor_required");
  const auto changed = Call(administrator_, *organizations_, &v1::Organizations::Stub::UpdateOrganization, change);
  ASSERT_TRUE(changed.ok()) << changed.status.error_message();
  EXPECT_TRUE(changed.value.organization().second_factor_required());

  const v1::SignInResponse session = SignedIn(account);
  v1::RegisterPersonRequest person;
  person.mutable_person()->set_given_names("Anna");
  EXPECT_EQ(CallWith(session.access_token(), *persons_, &v1::Persons::Stub::RegisterPerson, person).code(),
            grpc::StatusCode::PERMISSION_DENIED)
      << "no roles yet";
  EXPECT_TRUE(CallWith(session.access_token(), *factors_, &Stub::GetSecondFactor, v1::GetSecondFactorRequest())
                  .value.required());
  SetUp(session.access_token());
  const auto refreshed = Refresh(session.refresh_token());
  ASSERT_TRUE(refreshed.ok());
  EXPECT_TRUE(CallWith(refreshed.value.access_token(), *persons_, &v1::Persons::Stub::RegisterPerson, person).ok());
}

TEST_F(SecondFactorTest, AnotherOrganizationIsNotChanged) {
  std::string other;
  NewOrganization(&other);
  v1::UpdateOrganizationRequest change;
  change.mutable_organization()->set_name(other);
  change.mutable_organization()->set_display_name("Ours now");
  change.mutable_update_mask()->add_paths("display_name");
  EXPECT_EQ(Call(administrator_, *organizations_, &v1::Organizations::Stub::UpdateOrganization, change).code(),
            grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace trellis::identity
