#include "common/access/replica.h"

#include "absl/strings/str_cat.h"
#include "common/access/revocations.h"
#include "common/base/status_macros.h"
#include "tests/unit/common/access/access_fixture.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::access {
namespace {

class ReplicaTest : public RelationTest {
 protected:
  absl::Status Apply(const google::protobuf::Message& payload) {
    events::v1::Event event;
    event.set_position(++position_);
    event.set_organization("organizations/" + organization_.ToString());
    event.mutable_occur_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
    event.mutable_payload()->PackFrom(payload);
    return Apply(event);
  }
  absl::Status Apply(const events::v1::Event& event) {
    return pool().Transact(Soon(), [&](db::Session& tx) { return ApplyAccessEvent(tx, event); });
  }
  template <class Payload>
  Payload CareTeam() {
    Payload payload;
    payload.set_resource("persons/" + person_.ToString());
    payload.set_subject("users/" + user_.ToString());
    payload.set_kind(identity::v1::RELATION_KIND_CARE_TEAM);
    return payload;
  }
  bool May(absl::Time now) {
    bool may = false;
    EXPECT_TRUE(pool()
                    .Read(Soon(),
                          [&](db::Session& session) -> absl::Status {
                            TRELLIS_ASSIGN_OR_RETURN(may, MaySeePerson(session, organization_, user_, person_, now));
                            return absl::OkStatus();
                          })
                    .ok());
    return may;
  }
  bool May() { return May(clock_.Now()); }

  std::int64_t position_ = 0;
};

TEST_F(ReplicaTest, FollowsGrantsAndRevocations) {
  ASSERT_TRUE(Apply(CareTeam<identity::v1::RelationGranted>()).ok());
  EXPECT_TRUE(May());
  ASSERT_TRUE(Apply(CareTeam<identity::v1::RelationRevoked>()).ok());
  EXPECT_FALSE(May());
  ASSERT_TRUE(Apply(CareTeam<identity::v1::RelationGranted>()).ok());
  EXPECT_TRUE(May());
}

TEST_F(ReplicaTest, ARevocationCountsWhateverTheClocksSay) {
  ASSERT_TRUE(Apply(CareTeam<identity::v1::RelationGranted>()).ok());
  clock_.Advance(absl::Minutes(10));  // identity's clock is ahead of ours
  ASSERT_TRUE(Apply(CareTeam<identity::v1::RelationRevoked>()).ok());
  clock_.Advance(-absl::Minutes(10));
  EXPECT_FALSE(May());
}

TEST_F(ReplicaTest, KeepsThePeriod) {
  auto granted = CareTeam<identity::v1::RelationGranted>();
  granted.mutable_start_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 60);
  granted.mutable_end_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 120);
  ASSERT_TRUE(Apply(granted).ok());
  EXPECT_FALSE(May());
  EXPECT_TRUE(May(clock_.Now() + absl::Seconds(60)));
  EXPECT_FALSE(May(clock_.Now() + absl::Seconds(120)));
  granted.clear_end_time();
  ASSERT_TRUE(Apply(granted).ok());
  EXPECT_TRUE(May(clock_.Now() + absl::Seconds(120)));
}

TEST_F(ReplicaTest, KnowsPopulations) {
  identity::v1::RelationGranted member, lead;
  member.set_resource("persons/" + person_.ToString());
  member.set_subject("populations/" + population_.ToString());
  member.set_kind(identity::v1::RELATION_KIND_MEMBER);
  lead.set_resource("populations/" + population_.ToString());
  lead.set_subject("users/" + user_.ToString());
  lead.set_kind(identity::v1::RELATION_KIND_LEAD);
  ASSERT_TRUE(Apply(member).ok());
  ASSERT_TRUE(Apply(lead).ok());
  EXPECT_TRUE(May());
}

TEST_F(ReplicaTest, OtherEventsDoNotConcernIt) {
  identity::v1::PersonRegistered registered;
  registered.set_person("persons/" + person_.ToString());
  EXPECT_TRUE(Apply(registered).ok());
}

TEST_F(ReplicaTest, WhatItDoesNotUnderstandIsAnErrorAndNoRelation) {
  for (const auto& [resource, subject] : std::vector<std::pair<std::string, std::string>>{
           {"persons/x", "users/" + user_.ToString()},
           {"populations/" + person_.ToString(), "users/" + user_.ToString()},
           {"persons/" + person_.ToString(), "populations/" + user_.ToString()},
           {person_.ToString(), user_.ToString()},
           {"", ""}}) {
    identity::v1::RelationGranted granted;
    granted.set_kind(identity::v1::RELATION_KIND_CARE_TEAM);
    granted.set_resource(resource);
    granted.set_subject(subject);
    EXPECT_FALSE(Apply(granted).ok()) << resource;
  }
  EXPECT_FALSE(May());
}

TEST_F(ReplicaTest, AKindOfTheFutureNeitherOpensADoorNorStopsTheFeed) {
  auto unknown = CareTeam<identity::v1::RelationGranted>();
  unknown.set_kind(static_cast<identity::v1::RelationKind>(99));
  EXPECT_TRUE(Apply(unknown).ok());
  EXPECT_FALSE(May());
}

TEST_F(ReplicaTest, FollowsSessionsThatEnded) {
  rpc::Caller caller = UserOf(organization_, user_);
  caller.session = NewId();
  caller.issue_time = clock_.Now();
  const auto revoked = [&] {
    bool is_revoked = false;
    EXPECT_TRUE(pool()
                    .Read(Soon(),
                          [&](db::Session& session) -> absl::Status {
                            TRELLIS_ASSIGN_OR_RETURN(is_revoked, IsRevoked(session, caller));
                            return absl::OkStatus();
                          })
                    .ok());
    return is_revoked;
  };
  identity::v1::SessionsEnded ended;
  ended.set_user("users/" + user_.ToString());
  ended.add_sessions("sessions/" + NewId().ToString());
  ASSERT_TRUE(Apply(ended).ok());
  EXPECT_FALSE(revoked()) << "another session";
  ended.mutable_issued_before_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 1);
  ASSERT_TRUE(Apply(ended).ok());
  ASSERT_TRUE(Apply(ended).ok()) << "a second time changes nothing";
  EXPECT_TRUE(revoked());
  caller.issue_time = clock_.Now() + absl::Seconds(1);
  EXPECT_FALSE(revoked()) << "issued afterwards";
  ended.add_sessions("sessions/" + caller.session.ToString());
  ASSERT_TRUE(Apply(ended).ok());
  EXPECT_TRUE(revoked());
  ended.set_user("persons/" + user_.ToString());
  EXPECT_FALSE(Apply(ended).ok()) << "no user's name";
}

TEST_F(ReplicaTest, KeepsEmergenciesWhichOpenNothingByThemselves) {
  auto granted = CareTeam<identity::v1::RelationGranted>();
  granted.set_kind(identity::v1::RELATION_KIND_EMERGENCY);
  granted.mutable_start_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
  granted.mutable_end_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 3600);
  ASSERT_TRUE(Apply(granted).ok());
  const auto has_emergency = [&](absl::Time now) {
    bool has = false;
    const absl::Status status = pool().Read(Soon(), [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(has, HasEmergency(session, organization_, user_, person_, now));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return has;
  };
  EXPECT_TRUE(has_emergency(clock_.Now()));
  EXPECT_FALSE(has_emergency(clock_.Now() + absl::Minutes(60)));
  EXPECT_FALSE(May());
  auto revoked = CareTeam<identity::v1::RelationRevoked>();
  revoked.set_kind(identity::v1::RELATION_KIND_EMERGENCY);
  ASSERT_TRUE(Apply(revoked).ok());
  EXPECT_FALSE(has_emergency(clock_.Now()));
}

}  // namespace
}  // namespace trellis::access
