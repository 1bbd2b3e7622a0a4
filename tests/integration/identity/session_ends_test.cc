// Who may end whose sessions, and what ends them without asking.
#include "absl/strings/str_split.h"
#include "common/access/token.h"
#include "common/crypto/base64url.h"
#include "gmock/gmock.h"
#include "services/identity/domain/session_rules.h"
#include "tests/integration/identity/session_fixture.h"

namespace trellis::identity {
namespace {

class SessionEndsTest : public SessionTest {
 protected:
  Answer<v1::RevokeSessionsResponse> RevokeAll(const testing::TestUser& who, const std::string& user) {
    v1::RevokeSessionsRequest request;
    request.set_user(user);
    return Call(who, *sessions_, &v1::Sessions::Stub::RevokeSessions, request);
  }
  Answer<v1::RevokeSessionsResponse> RevokeOwn(const Account& account, const std::string& token,
                                               bool keep_current = false) {
    v1::RevokeSessionsRequest request;
    request.set_user(account.name);
    request.set_keep_current(keep_current);
    return CallWith(token, *sessions_, &v1::Sessions::Stub::RevokeSessions, request);
  }
  Answer<v1::UpdateUserResponse> Update(const std::string& user, const std::string& field,
                                        options::v1::Role role = options::v1::ROLE_CLINICIAN) {
    v1::UpdateUserRequest request;
    request.mutable_user()->set_name(user);
    request.mutable_user()->set_display_name("Another Name");
    request.mutable_user()->set_disabled(true);
    request.mutable_user()->add_roles(role);
    request.mutable_update_mask()->add_paths(field);
    return Call(administrator_, *users_, &v1::Users::Stub::UpdateUser, request);
  }
  bool GoesOn(const v1::SignInResponse& session) { return Refresh(session.refresh_token()).ok(); }
};

TEST_F(SessionEndsTest, SigningOutEndsThisSessionAndNoOther) {
  const Account account = NewAccount();
  const v1::SignInResponse here = SignedIn(account), there = SignedIn(account);
  v1::SignOutRequest request;
  request.set_session(here.session().name());
  EXPECT_EQ(Call(administrator_, *sessions_, &v1::Sessions::Stub::SignOut, request).code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_request_id(NewRequestId());
  ASSERT_TRUE(CallWith(here.access_token(), *sessions_, &v1::Sessions::Stub::SignOut, request).ok());
  EXPECT_EQ(List(here.access_token()).reason(), "SESSION_ENDED") << "at once";
  EXPECT_FALSE(GoesOn(here));
  EXPECT_TRUE(List(there.access_token()).ok());
  EXPECT_TRUE(GoesOn(there));
}

TEST_F(SessionEndsTest, EverybodySeesTheirOwnSessionsThatGoOn) {
  const Account account = NewAccount();
  const v1::SignInResponse first = SignedIn(account);
  clock().Advance(absl::Milliseconds(2));
  const v1::SignInResponse second = SignedIn(account);
  SignedIn(NewAccount());
  const auto list = List(second.access_token());
  ASSERT_TRUE(list.ok()) << list.status.error_message();
  ASSERT_EQ(list.value.sessions_size(), 2);
  EXPECT_EQ(list.value.sessions(0).name(), first.session().name());
  EXPECT_FALSE(list.value.sessions(0).current());
  EXPECT_TRUE(list.value.sessions(1).current());
  EXPECT_THAT(list.value.sessions(1).methods(), ::testing::ElementsAre("pwd"));
  clock().Advance(absl::Minutes(4));
  ASSERT_TRUE(GoesOn(second));
  clock().Advance(kSessionIdle - absl::Minutes(4));
  EXPECT_EQ(List(SignedIn(account).access_token()).value.sessions_size(), 2) << "the first rested too long";
}

TEST_F(SessionEndsTest, SessionsComeInPages) {
  const Account account = NewAccount();
  for (int i = 0; i < 5; ++i, clock().Advance(absl::Milliseconds(2))) SignedIn(account);
  const std::string token = SignedIn(account).access_token();
  v1::ListSessionsRequest request;
  request.set_page_size(4);
  const auto page = CallWith(token, *sessions_, &v1::Sessions::Stub::ListSessions, request);
  EXPECT_EQ(page.value.sessions_size(), 4);
  request.set_page_token(page.value.next_page_token());
  const auto rest = CallWith(token, *sessions_, &v1::Sessions::Stub::ListSessions, request);
  EXPECT_EQ(rest.value.sessions_size(), 2);
  EXPECT_EQ(rest.value.next_page_token(), "");
}

TEST_F(SessionEndsTest, AUserEndsAllTheirSessionsOrAllOthers) {
  const Account account = NewAccount();
  const v1::SignInResponse kept = SignedIn(account), other = SignedIn(account);
  const auto ended = RevokeOwn(account, kept.access_token(), /*keep_current=*/true);
  EXPECT_EQ(ended.value.ended_count(), 1) << ended.status.error_message();
  EXPECT_FALSE(GoesOn(other));
  const auto refreshed = Refresh(kept.refresh_token());
  ASSERT_TRUE(refreshed.ok());
  EXPECT_EQ(RevokeOwn(account, refreshed.value.access_token()).value.ended_count(), 1);
  EXPECT_FALSE(Refresh(refreshed.value.refresh_token()).ok());
}

TEST_F(SessionEndsTest, AnAdministratorEndsTheSessionsOfTheirOwnOrganizationOnly) {
  const Account account = NewAccount();
  const v1::SignInResponse session = SignedIn(account);
  const testing::TestUser stranger = NewOrganization();
  const std::string nobody = NameOf("users", stranger.session);
  const auto forbidden = RevokeAll(stranger, account.name);
  const auto unknown = RevokeAll(stranger, nobody);
  EXPECT_EQ(forbidden.code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(SameRefusal(forbidden.status, account.name, unknown.status, nobody));
  EXPECT_EQ(RevokeAll(NewUser({options::v1::ROLE_COORDINATOR}), account.name).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(GoesOn(session));
  EXPECT_EQ(RevokeAll(administrator_, account.name).value.ended_count(), 1);
  EXPECT_EQ(List(session.access_token()).reason(), "SESSION_ENDED");
  EXPECT_FALSE(GoesOn(session));
  EXPECT_TRUE(List(SignedIn(account).access_token()).ok()) << "a new session within the same second";
}

TEST_F(SessionEndsTest, ARepeatedRequestChangesNothing) {
  const Account account = NewAccount();
  SignedIn(account);
  v1::RevokeSessionsRequest request;
  request.set_user(account.name);
  request.set_request_id(NewRequestId());
  EXPECT_EQ(Call(administrator_, *sessions_, &v1::Sessions::Stub::RevokeSessions, request).value.ended_count(), 1);
  const v1::SignInResponse later = SignedIn(account);
  EXPECT_EQ(Call(administrator_, *sessions_, &v1::Sessions::Stub::RevokeSessions, request).value.ended_count(), 1);
  EXPECT_TRUE(GoesOn(later));
}

TEST_F(SessionEndsTest, TakingAClearanceAwayEndsTheSessionsThatTellOfIt) {
  const Account account = NewAccount();
  const auto update = [&](std::vector<options::v1::SecurityLabel> clearances) {
    v1::UpdateUserRequest request;
    request.mutable_user()->set_name(account.name);
    for (const auto label : clearances) request.mutable_user()->add_clearances(label);
    request.mutable_update_mask()->add_paths("clearances");
    EXPECT_TRUE(Call(administrator_, *users_, &v1::Users::Stub::UpdateUser, request).ok());
  };
  update({options::v1::SECURITY_LABEL_HIV});
  const v1::SignInResponse session = SignedIn(account);
  const auto claims = [](const v1::SignInResponse& signed_in) {
    const std::vector<std::string> parts = absl::StrSplit(signed_in.access_token(), '.');
    return access::ReadClaims(*crypto::Base64UrlDecode(parts[1]), testing::TestAuthority().issuer,
                              testing::TestAuthority().audience);
  };
  ASSERT_TRUE(claims(session).ok()) << claims(session).status();
  EXPECT_TRUE(claims(session)->clearances.Has(options::v1::SECURITY_LABEL_HIV));
  update({});
  EXPECT_FALSE(GoesOn(session));
  EXPECT_EQ(List(session.access_token()).reason(), "SESSION_ENDED");
  EXPECT_TRUE(claims(SignedIn(account))->clearances.empty());
}

TEST_F(SessionEndsTest, DisablingAUserOrChangingTheirRolesEndsTheirSessions) {
  const Account renamed = NewAccount(), changed = NewAccount(), disabled = NewAccount();
  const v1::SignInResponse one = SignedIn(renamed), two = SignedIn(changed), three = SignedIn(disabled);
  ASSERT_TRUE(Update(renamed.name, "display_name").ok());
  ASSERT_TRUE(Update(changed.name, "roles").ok());
  ASSERT_TRUE(Update(disabled.name, "disabled").ok());
  EXPECT_TRUE(GoesOn(one)) << "a name opens no doors";
  EXPECT_FALSE(GoesOn(two));
  EXPECT_FALSE(GoesOn(three));
  EXPECT_TRUE(SignIn(changed.login, kPassword).ok());
  EXPECT_EQ(SignIn(disabled.login, kPassword).reason(), "SIGN_IN_REFUSED");
}

TEST_F(SessionEndsTest, BeyondFiftySessionsTheOldestEnds) {
  const Account account = NewAccount();
  const v1::SignInResponse first = SignedIn(account);
  clock().Advance(absl::Milliseconds(2));
  const v1::SignInResponse second = SignedIn(account);
  for (int i = 2; i < kMostSessions; ++i) SignedIn(account);
  EXPECT_TRUE(GoesOn(first));
  SignedIn(account);
  EXPECT_FALSE(GoesOn(first));
  EXPECT_TRUE(GoesOn(second));
}

}  // namespace
}  // namespace trellis::identity
