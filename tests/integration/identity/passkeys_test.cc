// Passkeys: making, signing in, stepping up, once each, removing, and organizations that want them of administrators.
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/base64url.h"
#include "services/identity/api/remove_passkeys.h"
#include "services/identity/api/service.h"
#include "tests/integration/identity/session_fixture.h"
#include "tests/support/authenticator_app.h"
#include "tests/support/software_authenticator.h"
#include "trellis/identity/v1/passkeys.grpc.pb.h"
#include "trellis/identity/v1/second_factors.grpc.pb.h"

namespace trellis::identity {
namespace {

using testing::Ceremony;
using testing::SoftwareAuthenticator;

class PasskeysTest : public SessionTest {
 protected:
  using Stub = v1::Passkeys::Stub;

  Answer<v1::BeginPasskeyRegistrationResponse> Begin(const std::string& token,
                                                     const std::string& password = kPassword) {
    v1::BeginPasskeyRegistrationRequest request;
    request.set_password(password);
    return CallWith(token, *passkeys_, &Stub::BeginPasskeyRegistration, request);
  }
  Answer<v1::FinishPasskeyRegistrationResponse> Finish(const std::string& token,
                                                       const SoftwareAuthenticator& authenticator,
                                                       const Ceremony& ceremony) {
    const webauthn::ShownRegistration shown = authenticator.Register(ceremony);
    v1::FinishPasskeyRegistrationRequest request;
    request.set_client_data_json(shown.client_data_json);
    request.set_attestation_object(shown.attestation_object);
    request.set_display_name("laptop");
    return CallWith(token, *passkeys_, &Stub::FinishPasskeyRegistration, request);
  }
  Answer<v1::BeginPasskeyChallengeResponse> Challenge(const std::string& token) {
    return CallWith(token, *passkeys_, &Stub::BeginPasskeyChallenge, v1::BeginPasskeyChallengeRequest());
  }
  Answer<v1::StepUpResponse> Show(const std::string& token, const SoftwareAuthenticator& authenticator,
                                  const Ceremony& ceremony) {
    const webauthn::ShownAssertion shown = authenticator.Show(ceremony);
    v1::StepUpRequest request;
    request.mutable_passkey()->set_credential_id(authenticator.credential_id());
    request.mutable_passkey()->set_client_data_json(shown.client_data_json);
    request.mutable_passkey()->set_authenticator_data(shown.authenticator_data);
    request.mutable_passkey()->set_signature(shown.signature);
    return CallWith(token, *sessions_, &v1::Sessions::Stub::StepUp, request);
  }
  static Ceremony With(const std::string& challenge, std::uint32_t sign_count = 0) {
    Ceremony ceremony;
    ceremony.challenge = challenge;
    ceremony.sign_count = sign_count;
    return ceremony;
  }

  // A new passkey of the user in the session of `token`, and the token after showing it.
  std::string SetUp(const std::string& token, const SoftwareAuthenticator& authenticator) {
    const auto begun = Begin(token);
    EXPECT_TRUE(begun.ok()) << begun.status.error_message();
    const auto made = Finish(token, authenticator, With(begun.value.challenge()));
    EXPECT_TRUE(made.ok()) << made.status.error_message();
    return StepUp(token, authenticator);
  }
  std::string StepUp(const std::string& token, const SoftwareAuthenticator& authenticator) {
    const auto up = Show(token, authenticator, With(Challenge(token).value.challenge()));
    EXPECT_TRUE(up.ok()) << up.status.error_message();
    return up.value.access_token();
  }
  // The seed of a user who sets up codes, too, in the session of `token`.
  std::string SetUpCodes(const std::string& token) {
    const auto factors = v1::SecondFactors::NewStub(service().channel());
    v1::BeginSecondFactorRequest begin;
    begin.set_password(kPassword);
    const auto begun = CallWith(token, *factors, &v1::SecondFactors::Stub::BeginSecondFactor, begin);
    EXPECT_TRUE(begun.ok()) << begun.status.error_message();
    const std::string seed = testing::SeedOf(begun.value.secret());
    v1::ConfirmSecondFactorRequest confirm;
    confirm.set_code(testing::CodeAt(seed, clock().Now()));
    const auto confirmed = CallWith(token, *factors, &v1::SecondFactors::Stub::ConfirmSecondFactor, confirm);
    EXPECT_TRUE(confirmed.ok()) << confirmed.status.error_message();
    return seed;
  }
  Answer<v1::ListPasskeysResponse> ListOf(const std::string& token, const std::string& user) {
    v1::ListPasskeysRequest request;
    request.set_user(user);
    return CallWith(token, *passkeys_, &Stub::ListPasskeys, request);
  }
  bool HasRoles(const std::string& token) {
    v1::RegisterPersonRequest person;
    person.mutable_person()->set_given_names("Anna");
    return CallWith(token, *persons_, &v1::Persons::Stub::RegisterPerson, person).ok();
  }
  static std::string ClaimsOf(const std::string& token) {
    const std::vector<std::string> parts = absl::StrSplit(token, '.');
    return crypto::Base64UrlDecode(parts.at(1)).value_or("");
  }
  static std::string NewCredential() { return absl::StrCat("credential ", NewRequestId()); }

  std::unique_ptr<Stub> passkeys_ = v1::Passkeys::NewStub(service().channel());
  const SoftwareAuthenticator authenticator_{NewCredential()};
};

TEST_F(PasskeysTest, MakingSigningInSteppingUpAndRemoving) {
  const Account account = NewAccount();
  const v1::SignInResponse session = SignedIn(account);
  const v1::SignInResponse other = SignedIn(account);
  const std::string& token = session.access_token();
  EXPECT_EQ(Challenge(token).reason(), "NO_PASSKEY");
  const auto begun = Begin(token);
  ASSERT_TRUE(begun.ok()) << begun.status.error_message();
  EXPECT_EQ(begun.value.challenge().size(), webauthn::kChallengeBytes);
  EXPECT_EQ(begun.value.relying_party_id(), "example.org");
  EXPECT_EQ(begun.value.user_handle(), IdOf(account.name).bytes());
  EXPECT_EQ(begun.value.user_name(), account.login);
  const auto made = Finish(token, authenticator_, With(begun.value.challenge()));
  ASSERT_TRUE(made.ok()) << made.status.error_message();
  EXPECT_EQ(made.value.passkey().display_name(), "laptop");
  EXPECT_EQ(List(other.access_token()).reason(), "SESSION_ENDED");

  const v1::SignInResponse again = SignedIn(account);
  EXPECT_FALSE(HasRoles(again.access_token())) << "the password alone";
  const auto challenge = Challenge(again.access_token());
  ASSERT_TRUE(challenge.ok()) << challenge.status.error_message();
  ASSERT_EQ(challenge.value.credential_ids_size(), 1);
  EXPECT_EQ(challenge.value.credential_ids(0), authenticator_.credential_id());
  const auto up = Show(again.access_token(), authenticator_, With(challenge.value.challenge()));
  ASSERT_TRUE(up.ok()) << up.status.error_message();
  EXPECT_TRUE(absl::StrContains(ClaimsOf(up.value.access_token()), "hwk"));
  EXPECT_TRUE(HasRoles(up.value.access_token()));
  EXPECT_TRUE(HasRoles(Refresh(again.refresh_token()).value.access_token()));

  const auto listed = ListOf(up.value.access_token(), account.name);
  ASSERT_EQ(listed.value.passkeys_size(), 1);
  EXPECT_TRUE(listed.value.passkeys(0).has_use_time());
  v1::RemovePasskeyRequest remove;
  remove.set_name(made.value.passkey().name());
  EXPECT_EQ(CallWith(again.access_token(), *passkeys_, &Stub::RemovePasskey, remove).reason(),
            "SECOND_FACTOR_REQUIRED");
  EXPECT_TRUE(CallWith(up.value.access_token(), *passkeys_, &Stub::RemovePasskey, remove).ok());
  EXPECT_EQ(List(up.value.access_token()).reason(), "SESSION_ENDED");
  EXPECT_TRUE(HasRoles(SignedIn(account).access_token()));
}

TEST_F(PasskeysTest, WhatIsRefused) {
  const std::string token = SignedIn(NewAccount()).access_token();
  SetUp(token, authenticator_);
  const std::pair<const char*, std::function<void(Ceremony&)>> table[] = {
      {"origin", [](Ceremony& c) { c.origin = "https://app.example.org.evil.example"; }},
      {"rp id", [](Ceremony& c) { c.party = "evil.example"; }},
      {"user present", [](Ceremony& c) { c.flags = 0x04; }},
      {"user verified", [](Ceremony& c) { c.flags = 0x01; }},
      {"type", [](Ceremony& c) { c.type = "webauthn.create"; }},
      {"challenge", [](Ceremony& c) { c.challenge[0] = c.challenge[0] == 'x' ? 'y' : 'x'; }},
  };
  for (const auto& [what, bend] : table) {
    const std::string challenge = Challenge(token).value.challenge();
    Ceremony ceremony = With(challenge);
    bend(ceremony);
    EXPECT_EQ(Show(token, authenticator_, ceremony).reason(), "PASSKEY_REFUSED") << what;
    EXPECT_TRUE(Show(token, authenticator_, With(challenge)).ok()) << what << ": nothing was used up";
    EXPECT_EQ(Show(token, authenticator_, With(challenge)).reason(), "NOTHING_BEGUN") << "replayed";
  }
  const SoftwareAuthenticator forged{authenticator_.credential_id()};
  EXPECT_EQ(Show(token, forged, With(Challenge(token).value.challenge())).reason(), "PASSKEY_REFUSED");
  v1::StepUpRequest nothing;
  EXPECT_EQ(CallWith(token, *sessions_, &v1::Sessions::Stub::StepUp, nothing).code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(PasskeysTest, ChallengesEndAndBelongToOneSession) {
  const Account account = NewAccount();
  const std::string token = SignedIn(account).access_token();
  SetUp(token, authenticator_);
  const std::string late = Challenge(token).value.challenge();
  const std::string other = SignedIn(account).access_token();
  EXPECT_EQ(Show(other, authenticator_, With(late)).reason(), "NOTHING_BEGUN");
  EXPECT_TRUE(Challenge(other).ok());
  EXPECT_EQ(Show(other, authenticator_, With(late)).reason(), "PASSKEY_REFUSED");
  clock().Advance(absl::Minutes(5));
  EXPECT_EQ(Show(token, authenticator_, With(late)).reason(), "NOTHING_BEGUN");
}

TEST_F(PasskeysTest, SomebodyElsesPasskeyIsNone) {
  const std::string mine = SignedIn(NewAccount()).access_token();
  SetUp(mine, authenticator_);
  const std::string theirs = SignedIn(NewAccount()).access_token();
  const SoftwareAuthenticator their_authenticator{NewCredential()};
  SetUp(theirs, their_authenticator);
  EXPECT_EQ(Show(theirs, authenticator_, With(Challenge(theirs).value.challenge())).reason(), "PASSKEY_REFUSED");
  const std::string third = SignedIn(NewAccount()).access_token();
  const auto begun = Begin(third);
  EXPECT_EQ(Finish(third, authenticator_, With(begun.value.challenge())).reason(), "PASSKEY_TAKEN");
}

TEST_F(PasskeysTest, OneOfAHundredWithTheSameAnswerGetsThrough) {
  const std::string token = SignedIn(NewAccount()).access_token();
  SetUp(token, authenticator_);
  const Ceremony ceremony = With(Challenge(token).value.challenge());
  std::atomic<int> through = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        const auto answer = Show(token, authenticator_, ceremony);
        if (answer.ok()) ++through;
        if (answer.reason() == "NOTHING_BEGUN" || answer.reason() == "PASSKEY_REFUSED") ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(through, 1);
  EXPECT_EQ(refused, 99);
}

TEST_F(PasskeysTest, ACopyIsRefusedAndRecorded) {
  const Account account = NewAccount();
  const std::string token = SignedIn(account).access_token();
  const auto begun = Begin(token);
  ASSERT_TRUE(Finish(token, authenticator_, With(begun.value.challenge(), 5)).ok());
  const auto up = Show(token, authenticator_, With(Challenge(token).value.challenge(), 9));
  ASSERT_TRUE(up.ok()) << up.status.error_message();
  EXPECT_FALSE(ListOf(token, account.name).value.passkeys(0).has_suspect_time());
  EXPECT_EQ(Show(token, authenticator_, With(Challenge(token).value.challenge(), 7)).reason(), "PASSKEY_REFUSED");
  EXPECT_TRUE(ListOf(token, account.name).value.passkeys(0).has_suspect_time());
  EXPECT_TRUE(Show(token, authenticator_, With(Challenge(token).value.challenge(), 10)).ok());
}

TEST_F(PasskeysTest, ThePasswordAloneDoesNotGetAroundIt) {
  const Account account = NewAccount();
  SetUp(SignedIn(account).access_token(), authenticator_);
  const std::string thief = SignedIn(account).access_token();
  EXPECT_EQ(Begin(thief).reason(), "SECOND_FACTOR_REQUIRED");
  v1::BeginSecondFactorRequest codes;
  codes.set_password(kPassword);
  const auto factors = v1::SecondFactors::NewStub(service().channel());
  EXPECT_EQ(CallWith(thief, *factors, &v1::SecondFactors::Stub::BeginSecondFactor, codes).reason(),
            "SECOND_FACTOR_REQUIRED");
  v1::ChangePasswordRequest change;
  change.set_current_password(kPassword);
  change.set_new_password("another correct horse battery");
  EXPECT_EQ(CallWith(thief, *users_, &v1::Users::Stub::ChangePassword, change).reason(), "SECOND_FACTOR_REQUIRED");
  EXPECT_EQ(Begin(SignedIn(NewAccount()).access_token(), "not the password at all").reason(), "PASSWORD_REFUSED");
}

// Whoever has both may leave the code out and show the passkey afterwards. Somebody who knows the password and guesses
// codes must not win fresh tries by leaving it out in between.
TEST_F(PasskeysTest, LeavingTheCodeOutWipesOutNoGuesses) {
  const Account account = NewAccount();
  const std::string seed = SetUpCodes(SetUp(SignedIn(account).access_token(), authenticator_));
  const auto with = [&](absl::string_view code) {
    return SignInFrom("192.0.2.7", Credentials(account, kPassword, "", code));
  };
  const auto without_code = with("");
  ASSERT_TRUE(without_code.ok()) << without_code.status.error_message();
  EXPECT_EQ(without_code.value.device_token(), "");
  EXPECT_FALSE(HasRoles(without_code.value.access_token()));
  EXPECT_TRUE(HasRoles(StepUp(without_code.value.access_token(), authenticator_)));

  const std::string wrong = testing::CodeAt(seed, clock().Now(), 20);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(with("").ok()) << "after " << i << " wrong codes";
    EXPECT_EQ(with(wrong).reason(), "SIGN_IN_REFUSED");
  }
  EXPECT_EQ(with("").reason(), "SIGN_IN_REFUSED") << "at rest";
  clock().Advance(absl::Seconds(40));
  const auto right = with(testing::CodeAt(seed, clock().Now()));
  ASSERT_TRUE(right.ok()) << right.status.error_message();
  EXPECT_NE(right.value.device_token(), "");
  EXPECT_TRUE(HasRoles(right.value.access_token()));
}

TEST_F(PasskeysTest, AnOrganizationMayWantOneFromAdministrators) {
  const Account officer = NewAccount({options::v1::ROLE_ORGANIZATION_ADMINISTRATOR});
  const Account coordinator = NewAccount();
  v1::UpdateOrganizationRequest change;
  change.mutable_organization()->set_name(NameOf("organizations", administrator_.organization));
  change.mutable_organization()->set_passkey_required_for_administrators(true);
  change.mutable_update_mask()->add_paths("passkey_required_for_administrators");
  const auto changed = Call(administrator_, *organizations_, &v1::Organizations::Stub::UpdateOrganization, change);
  ASSERT_TRUE(changed.ok()) << changed.status.error_message();
  EXPECT_TRUE(changed.value.organization().passkey_required_for_administrators());

  const auto lists_users = [&](const std::string& token) {
    return CallWith(token, *users_, &v1::Users::Stub::ListUsers, v1::ListUsersRequest()).ok();
  };
  const std::string token = SignedIn(officer).access_token();
  EXPECT_FALSE(lists_users(token));
  const std::string up = SetUp(token, authenticator_);
  EXPECT_TRUE(lists_users(up));
  EXPECT_TRUE(HasRoles(SignedIn(coordinator).access_token())) << "nobody else needs one";
}

// Guessing needs a session that showed a code or the passkey before: leaving the code out at each sign-in would
// otherwise bring fresh tries.
TEST_F(PasskeysTest, ASessionWithoutACodeTakesNoneLater) {
  const Account account = NewAccount();
  const std::string seed = SetUpCodes(SetUp(SignedIn(account).access_token(), authenticator_));
  clock().Advance(crypto::kTotpStep);
  const v1::SignInResponse thief = SignedIn(account);
  v1::StepUpRequest code;
  code.set_code(testing::CodeAt(seed, clock().Now()));
  EXPECT_EQ(CallWith(thief.access_token(), *sessions_, &v1::Sessions::Stub::StepUp, code).reason(), "PASSKEY_REQUIRED");
  const auto owner = SignInFrom("192.0.2.8", Credentials(account, kPassword, "", code.code()));
  ASSERT_TRUE(owner.ok()) << "the code was not used up: " << owner.status.error_message();
  clock().Advance(crypto::kTotpStep);
  code.set_code(testing::CodeAt(seed, clock().Now()));
  EXPECT_TRUE(CallWith(owner.value.access_token(), *sessions_, &v1::Sessions::Stub::StepUp, code).ok());
}

TEST_F(PasskeysTest, ThePasswordAloneEndsNobodysSessions) {
  const Account account = NewAccount();
  const std::string owner = SetUp(SignedIn(account).access_token(), authenticator_);
  const v1::SignInResponse thief = SignedIn(account);
  v1::RevokeSessionsRequest revoke;
  revoke.set_user(account.name);
  EXPECT_EQ(CallWith(thief.access_token(), *sessions_, &v1::Sessions::Stub::RevokeSessions, revoke).reason(),
            "PASSKEY_REQUIRED");
  v1::SignOutRequest out;
  const auto listed = List(owner);
  for (const v1::Session& session : listed.value.sessions()) {
    if (session.current()) out.set_session(session.name());
  }
  EXPECT_EQ(CallWith(thief.access_token(), *sessions_, &v1::Sessions::Stub::SignOut, out).reason(), "PASSKEY_REQUIRED");
  for (int i = 0; i < 60; ++i) {
    clock().Advance(absl::Seconds(1));
    SignedIn(account);
  }
  EXPECT_TRUE(List(owner).ok()) << "nor do too many sign-ins";
  const std::string own = SignedIn(account).access_token();
  EXPECT_TRUE(CallWith(StepUp(own, authenticator_), *sessions_, &v1::Sessions::Stub::RevokeSessions, revoke).ok());
}

// Somebody has the password and has caught one code.
TEST_F(PasskeysTest, ACodeDoesNotStandForThePasskeyThatIsWanted) {
  const Account officer = NewAccount({options::v1::ROLE_ORGANIZATION_ADMINISTRATOR});
  const std::string up = SetUp(SignedIn(officer).access_token(), authenticator_);
  const std::string seed = SetUpCodes(up);
  v1::UpdateOrganizationRequest change;
  change.mutable_organization()->set_name(NameOf("organizations", administrator_.organization));
  change.mutable_organization()->set_passkey_required_for_administrators(true);
  change.mutable_update_mask()->add_paths("passkey_required_for_administrators");
  ASSERT_TRUE(Call(administrator_, *organizations_, &v1::Organizations::Stub::UpdateOrganization, change).ok());
  const std::string passkey = ListOf(up, officer.name).value.passkeys(0).name();

  clock().Advance(crypto::kTotpStep);
  const auto in = SignInFrom("192.0.2.9", Credentials(officer, kPassword, "", testing::CodeAt(seed, clock().Now())));
  ASSERT_TRUE(in.ok()) << in.status.error_message();
  const std::string& thief = in.value.access_token();
  EXPECT_EQ(Begin(thief).reason(), "SECOND_FACTOR_REQUIRED");
  v1::RemovePasskeyRequest remove;
  remove.set_name(passkey);
  EXPECT_EQ(CallWith(thief, *passkeys_, &Stub::RemovePasskey, remove).reason(), "SECOND_FACTOR_REQUIRED");
  v1::ChangePasswordRequest password;
  password.set_current_password(kPassword);
  password.set_new_password("another correct horse battery");
  EXPECT_EQ(CallWith(thief, *users_, &v1::Users::Stub::ChangePassword, password).reason(), "SECOND_FACTOR_REQUIRED");
  v1::RemoveSecondFactorRequest codes;
  codes.set_user(officer.name);
  const auto factors = v1::SecondFactors::NewStub(service().channel());
  EXPECT_EQ(CallWith(thief, *factors, &v1::SecondFactors::Stub::RemoveSecondFactor, codes).reason(),
            "SECOND_FACTOR_REQUIRED");
  EXPECT_TRUE(Begin(StepUp(thief, authenticator_)).ok()) << "with the passkey it is the owner";
}

TEST_F(PasskeysTest, AnEndedSessionKeepsNone) {
  const Account account = NewAccount();
  const std::string token = SignedIn(account).access_token();
  const auto begun = Begin(token);
  ASSERT_TRUE(begun.ok());
  // Ended, and this replica does not know it yet.
  const absl::Status ended = service().pool().Transact(absl::Now() + absl::Seconds(10), [&](db::Session& tx) {
    return tx
        .Execute("UPDATE session SET end_reason = 1, end_time = ? WHERE user_id = ?", clock().Now(), IdOf(account.name))
        .status();
  });
  ASSERT_TRUE(ended.ok()) << ended;
  EXPECT_EQ(Finish(token, authenticator_, With(begun.value.challenge())).reason(), "SESSION_ENDED");
}

// Whoever administers and has a factor shows it before taking somebody's passkey away, or the wish for them.
TEST_F(PasskeysTest, AnAdministratorShowsTheirFactorFirst) {
  const Account account = NewAccount();
  SetUp(SignedIn(account).access_token(), authenticator_);
  const Account office = NewAccount({options::v1::ROLE_ORGANIZATION_ADMINISTRATOR});
  const SoftwareAuthenticator office_key{NewCredential()};
  const std::string fresh = SetUp(SignedIn(office).access_token(), office_key);
  v1::UpdateOrganizationRequest change;
  change.mutable_organization()->set_name(NameOf("organizations", administrator_.organization));
  change.mutable_organization()->set_passkey_required_for_administrators(true);
  change.mutable_update_mask()->add_paths("passkey_required_for_administrators");
  const auto update = [&](const std::string& token) {
    return CallWith(token, *organizations_, &v1::Organizations::Stub::UpdateOrganization, change).reason();
  };
  EXPECT_EQ(update(fresh), "");
  const v1::SignInResponse session = SignedIn(office);
  StepUp(session.access_token(), office_key);
  clock().Advance(absl::Minutes(6));
  const std::string stale = Refresh(session.refresh_token()).value.access_token();
  change.mutable_organization()->set_passkey_required_for_administrators(false);
  EXPECT_EQ(update(stale), "SECOND_FACTOR_REQUIRED");
  v1::RemovePasskeyRequest remove;
  remove.set_name(ListOf(stale, account.name).value.passkeys(0).name());
  EXPECT_EQ(CallWith(stale, *passkeys_, &Stub::RemovePasskey, remove).reason(), "SECOND_FACTOR_REQUIRED");
  const std::string again = StepUp(stale, office_key);
  EXPECT_TRUE(CallWith(again, *passkeys_, &Stub::RemovePasskey, remove).ok());
  EXPECT_EQ(update(again), "");
}

TEST_F(PasskeysTest, AnAdministratorHelpsWhoeverLostIt) {
  const Account account = NewAccount();
  const std::string token = SignedIn(account).access_token();
  SetUp(token, authenticator_);
  v1::RemovePasskeyRequest remove;
  remove.set_name(ListOf(token, account.name).value.passkeys(0).name());
  EXPECT_EQ(Call(NewOrganization(), *passkeys_, &Stub::RemovePasskey, remove).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Call(NewUser({options::v1::ROLE_COORDINATOR}), *passkeys_, &Stub::RemovePasskey, remove).code(),
            grpc::StatusCode::NOT_FOUND);
  v1::ListPasskeysRequest list;
  list.set_user(account.name);
  EXPECT_EQ(Call(NewOrganization(), *passkeys_, &Stub::ListPasskeys, list).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Call(administrator_, *passkeys_, &Stub::ListPasskeys, list).value.passkeys_size(), 1);
  EXPECT_TRUE(Call(administrator_, *passkeys_, &Stub::RemovePasskey, remove).ok());
  EXPECT_TRUE(HasRoles(SignedIn(account).access_token()));
}

TEST_F(PasskeysTest, TheOperatorHelpsWhoeverHasNoColleague) {
  const Account account = NewAccount();
  const std::string token = SetUp(SignedIn(account).access_token(), authenticator_);
  ASSERT_TRUE(RemovePasskeys(service().runtime(), account.login).ok());
  EXPECT_EQ(List(token).reason(), "SESSION_ENDED");
  const std::string again = SignedIn(account).access_token();
  EXPECT_TRUE(HasRoles(again));
  EXPECT_EQ(ListOf(again, account.name).value.passkeys_size(), 0);
  EXPECT_TRUE(absl::IsNotFound(RemovePasskeys(service().runtime(), "nobody@nowhere.example")));
  EXPECT_TRUE(absl::IsInvalidArgument(RemovePasskeys(service().runtime(), "no login")));
}

TEST_F(PasskeysTest, WithoutSettingsThereAreNone) {
  testing::TestService::Options options;
  options.flags = {"--password-memory-kib=19456", "--password-passes=2"};
  options.clock = &clock();
  const auto plain = testing::TestService::MustStart(Describe(), options);
  const auto passkeys = v1::Passkeys::NewStub(plain->channel());
  const auto user = testing::TestUser::Make({options::v1::ROLE_COORDINATOR});
  EXPECT_EQ(Call(user, *passkeys, &Stub::BeginPasskeyChallenge, v1::BeginPasskeyChallengeRequest()).reason(),
            "PASSKEYS_OFF");
}

}  // namespace
}  // namespace trellis::identity
