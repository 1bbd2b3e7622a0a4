#include "common/access/access.h"

#include "common/base/error.h"
#include "tests/unit/common/access/access_fixture.h"

namespace trellis::access {
namespace {

// A replica with a feed and an identity that the test plays.
class AccessTest : public RelationTest {
 protected:
  AccessTest() { freshness_.Heard(clock_.Now()); }

  absl::StatusOr<bool> Check() {
    TestCall call(UserOf(organization_, user_));
    return access_.CheckPerson(*call, person_);
  }
  void Pass(absl::Duration time) {
    clock_.Advance(time);
    freshness_.Heard(clock_.Now());
  }

  Freshness freshness_;
  absl::StatusOr<Sight> answer_ = Sight::kNone;
  int asked_ = 0;
  Access access_{&pool(), &clock_,
                 [this](rpc::CallContext& call, const Id& person) -> absl::StatusOr<Sight> {
                   ++asked_;
                   EXPECT_EQ(call.caller().user, user_);
                   EXPECT_EQ(person, person_);
                   return answer_;
                 },
                 &freshness_};
};

TEST_F(AccessTest, AFreshReplicaWithALiveRelationAnswersAlone) {
  Put(RelationKind::kCareTeam, person_, user_);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(*Check());
  EXPECT_EQ(asked_, 0);
}

TEST_F(AccessTest, AMissAsksIdentity) {
  answer_ = Sight::kRelation;
  EXPECT_TRUE(*Check());
  EXPECT_TRUE(*Check());
  EXPECT_EQ(asked_, 2);  // a yes is never remembered
}

TEST_F(AccessTest, ANoIsRememberedForASecondAndNoLonger) {
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(*Check());
  EXPECT_EQ(asked_, 1);
  Pass(absl::Milliseconds(1001));
  EXPECT_FALSE(*Check());
  EXPECT_EQ(asked_, 2);
}

TEST_F(AccessTest, ARememberedNoDoesNotOutliveTheRelationsArrival) {
  EXPECT_FALSE(*Check());
  Put(RelationKind::kCareTeam, person_, user_);
  EXPECT_TRUE(*Check());
}

TEST_F(AccessTest, ARememberedNoIsForThatUserThatTenantAndThatPersonOnly) {
  RecentDenials denials(absl::Seconds(1), 10);
  denials.Add(organization_, user_, person_, clock_.Now());
  EXPECT_TRUE(denials.Contains(organization_, user_, person_, clock_.Now()));
  EXPECT_FALSE(denials.Contains(NewId(), user_, person_, clock_.Now()));
  EXPECT_FALSE(denials.Contains(organization_, NewId(), person_, clock_.Now()));
  EXPECT_FALSE(denials.Contains(organization_, user_, NewId(), clock_.Now()));
  EXPECT_FALSE(denials.Contains(organization_, user_, person_, clock_.Now() + absl::Seconds(1)));
}

TEST_F(AccessTest, RevokedHereIsDeniedAtTheNextCheck) {
  Put(RelationKind::kCareTeam, person_, user_);
  ASSERT_TRUE(*Check());
  ASSERT_TRUE(Revoke(RelationKind::kCareTeam, person_, user_));
  EXPECT_FALSE(*Check());
}

TEST_F(AccessTest, AStaleReplicaAsksEveryTimeAndBelievesIdentity) {
  Put(RelationKind::kCareTeam, person_, user_);  // revoked at identity, but we have not heard of it
  clock_.Advance(absl::Milliseconds(5001));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(*Check());
  EXPECT_EQ(asked_, 5);
  answer_ = Sight::kRelation;
  EXPECT_TRUE(*Check());
  EXPECT_EQ(asked_, 6);
  Pass(absl::ZeroDuration());
  EXPECT_TRUE(*Check());
  EXPECT_EQ(asked_, 6);
}

TEST_F(AccessTest, AStaleReplicaWithoutIdentityLetsNobodyThrough) {
  Put(RelationKind::kCareTeam, person_, user_);
  clock_.Advance(absl::Seconds(6));
  answer_ = absl::UnavailableError("identity is down");
  EXPECT_EQ(ReasonOf(Check().status()), "ACCESS_UNKNOWN");
  answer_ = absl::InternalError("identity is confused");
  EXPECT_EQ(Check().status().code(), absl::StatusCode::kUnavailable);
  answer_ = absl::UnauthenticatedError("the token expired on the way");
  EXPECT_EQ(Check().status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(AccessTest, BeforeTheFeedWasHeardTheReplicaIsStale) {
  const Freshness silent;
  EXPECT_TRUE(silent.IsStale(clock_.Now()));
  EXPECT_TRUE(silent.IsStale(absl::InfinitePast()));
}

TEST_F(AccessTest, FreshnessDoesNotGoBack) {
  Freshness freshness;
  freshness.Heard(clock_.Now());
  freshness.Heard(clock_.Now() - absl::Minutes(1));
  EXPECT_FALSE(freshness.IsStale(clock_.Now() + absl::Seconds(5)));
  EXPECT_TRUE(freshness.IsStale(clock_.Now() + absl::Milliseconds(5001)));
}

TEST_F(AccessTest, WhoIsNoUserSeesNobody) {
  answer_ = Sight::kRelation;
  rpc::Caller service;
  service.kind = rpc::Caller::Kind::kService;
  service.service = "caseload";
  TestCall as_service(service), as_nobody((rpc::Caller()));
  EXPECT_FALSE(*access_.CheckPerson(*as_service, person_));
  EXPECT_FALSE(*access_.CheckPerson(*as_nobody, person_));
  TestCall as_user(UserOf(organization_, user_));
  EXPECT_FALSE(*access_.CheckPerson(*as_user, Id()));
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(access_.AllowedPersonCondition(*as_service, "c.person_id")->sql, "(1 = 0)");
}

// Emergency access as identity would write it.
Relation EmergencyOf(const RelationKey& key, absl::Time from, absl::Duration lasting) {
  return {.key = key, .valid_from = from, .valid_to = from + lasting};
}

TEST_F(AccessTest, AnEmergencyOpensReadsAloneAndTheCallSaysSo) {
  Access truth(&pool(), &clock_);
  TestCall read(UserOf(organization_, user_));
  TestCall change(UserOf(organization_, user_), {}, TestCall::Kind::kChange);
  Put(EmergencyOf({organization_, person_, RelationKind::kEmergency, user_}, clock_.Now(), absl::Minutes(60)));
  EXPECT_TRUE(*truth.CheckPerson(*read, person_));
  EXPECT_EQ((*read).audit().purpose, "BTG");
  EXPECT_FALSE(*truth.CheckPerson(*change, person_));
  EXPECT_EQ((*change).audit().purpose, "");
  EXPECT_EQ(*truth.Look(*change, person_), Sight::kEmergency);
  TestCall another(UserOf(organization_, NewId())), elsewhere(UserOf(NewId(), user_));
  EXPECT_FALSE(*truth.CheckPerson(*another, person_));
  EXPECT_FALSE(*truth.CheckPerson(*elsewhere, person_));
  EXPECT_FALSE(*truth.CheckPerson(*read, NewId()));

  clock_.Advance(absl::Minutes(60) - absl::Microseconds(1));
  EXPECT_TRUE(*truth.CheckPerson(*read, person_));
  clock_.Advance(absl::Microseconds(1));
  EXPECT_FALSE(*truth.CheckPerson(*read, person_));
}

TEST_F(AccessTest, WhoHasARelationNeedsNoEmergency) {
  Access truth(&pool(), &clock_);
  Put(EmergencyOf({organization_, person_, RelationKind::kEmergency, user_}, clock_.Now(), absl::Minutes(60)));
  Put(RelationKind::kCareTeam, person_, user_);
  TestCall read(UserOf(organization_, user_));
  EXPECT_TRUE(*truth.CheckPerson(*read, person_));
  EXPECT_EQ((*read).audit().purpose, "");
}

TEST_F(AccessTest, AnEmergencyThatClaimsTooMuchOpensNothing) {
  Access truth(&pool(), &clock_);
  TestCall read(UserOf(organization_, user_));
  const RelationKey key{organization_, person_, RelationKind::kEmergency, user_};
  Put(Relation{.key = key});  // for ever
  EXPECT_FALSE(*truth.CheckPerson(*read, person_));
  Put(EmergencyOf(key, clock_.Now(), absl::Minutes(60) + absl::Microseconds(1)));
  EXPECT_FALSE(*truth.CheckPerson(*read, person_));
  Put(EmergencyOf(key, clock_.Now() + absl::Seconds(1), absl::Minutes(5)));
  EXPECT_FALSE(*truth.CheckPerson(*read, person_));
  Put(EmergencyOf(key, clock_.Now(), absl::Minutes(5)));
  ASSERT_TRUE(*truth.CheckPerson(*read, person_));
  ASSERT_TRUE(Revoke(RelationKind::kEmergency, person_, user_));
  EXPECT_FALSE(*truth.CheckPerson(*read, person_));
}

TEST_F(AccessTest, AReplicasWordForAnEmergencyIsNotEnough) {
  TestCall read(UserOf(organization_, user_));
  TestCall change(UserOf(organization_, user_), {}, TestCall::Kind::kChange);
  Put(EmergencyOf({organization_, person_, RelationKind::kEmergency, user_}, clock_.Now(), absl::Minutes(60)));
  answer_ = Sight::kEmergency;
  EXPECT_FALSE(*access_.CheckPerson(*change, person_));
  EXPECT_TRUE(*access_.CheckPerson(*read, person_));  // the refused change is no reason to refuse the read
  EXPECT_EQ((*read).audit().purpose, "BTG");
  EXPECT_TRUE(*access_.CheckPerson(*read, person_));
  EXPECT_EQ(asked_, 3);
  answer_ = Sight::kNone;  // ended there a moment ago
  EXPECT_FALSE(*access_.CheckPerson(*read, person_));
  answer_ = absl::UnavailableError("identity is down");
  Pass(absl::Seconds(2));
  EXPECT_EQ(ReasonOf(access_.CheckPerson(*read, person_).status()), "ACCESS_UNKNOWN");
}

TEST_F(AccessTest, DenialReadsLikeAbsence) {
  TestCall call(UserOf(organization_, user_));
  EXPECT_EQ(access_.RequirePerson(*call, person_, "assessments/1"), NotFound("assessments/1"));
  Put(RelationKind::kCareTeam, person_, user_);
  EXPECT_TRUE(access_.RequirePerson(*call, person_, "assessments/1").ok());
}

TEST_F(AccessTest, AListNeedsAFreshReplica) {
  TestCall call(UserOf(organization_, user_));
  EXPECT_TRUE(access_.AllowedPersonCondition(*call, "c.person_id").ok());
  EXPECT_TRUE(access_.AllowedPersonsTable(*call).ok());
  clock_.Advance(absl::Seconds(6));
  EXPECT_EQ(ReasonOf(access_.AllowedPersonCondition(*call, "c.person_id").status()), "ACCESS_UNKNOWN");
  EXPECT_EQ(ReasonOf(access_.AllowedPersonsTable(*call).status()), "ACCESS_UNKNOWN");
}

TEST_F(AccessTest, WhereTheTruthLivesNobodyIsAsked) {
  Access truth(&pool(), &clock_);
  TestCall call(UserOf(organization_, user_));
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(*truth.CheckPerson(*call, person_));
  Put(RelationKind::kCareTeam, person_, user_);
  EXPECT_TRUE(*truth.CheckPerson(*call, person_));
}

}  // namespace
}  // namespace trellis::access
