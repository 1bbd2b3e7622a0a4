#include "common/access/session_guard.h"

#include <thread>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "tests/unit/common/access/access_fixture.h"

namespace trellis::access {
namespace {

class SessionGuardTest : public RelationTest {
 protected:
  rpc::Caller CallerOf(const Id& session, absl::Time issued) {
    rpc::Caller caller = UserOf(organization_, user_);
    caller.session = session;
    caller.issue_time = issued;
    return caller;
  }
  static std::string Check(SessionGuard& guard, const rpc::Caller& caller) {
    TestCall call(caller);
    const absl::Status status = guard.Check(*call);
    return status.ok() ? "OK" : ReasonOf(status);
  }
  static std::string CheckTruth(SessionGuard& guard, const rpc::Caller& caller) {
    TestCall call(caller);
    const absl::Status status = guard.CheckTruth(*call);
    return status.ok() ? "OK" : ReasonOf(status);
  }
  void Write(const Revocation& revocation) {
    ASSERT_TRUE(pool().Transact(Soon(), [&](db::Session& tx) { return PutRevocation(tx, revocation); }).ok());
  }
  Revocation OfSession() { return {organization_, user_, session_, std::nullopt}; }
  Revocation OfUser(absl::Time issued_before) { return {organization_, user_, Id(), issued_before}; }
  void Age(absl::Duration age) {
    ASSERT_TRUE(pool()
                    .Transact(Soon(),
                              [&](db::Session& tx) {
                                return tx
                                    .Execute(
                                        "UPDATE session_revocation SET write_time = write_time - INTERVAL ? SECOND",
                                        absl::ToInt64Seconds(age))
                                    .status();
                              })
                    .ok());
  }

  const absl::Time now_ = clock_.Now();
  const Id session_ = NewId();
  SessionGuard truth_{&pool(), &clock_};
};

TEST_F(SessionGuardTest, WhatEndedIsRefusedOnceItWasRead) {
  ASSERT_TRUE(truth_.Refresh(Soon()).ok());
  EXPECT_EQ(Check(truth_, CallerOf(session_, now_)), "OK");
  Write(OfSession());
  EXPECT_EQ(CheckTruth(truth_, CallerOf(session_, now_)), "SESSION_ENDED") << "the table tells at once";
  ASSERT_TRUE(truth_.Refresh(Soon()).ok());
  EXPECT_EQ(Check(truth_, CallerOf(session_, now_)), "SESSION_ENDED");
  EXPECT_EQ(Check(truth_, CallerOf(NewId(), now_)), "OK") << "another session of the same user";
  EXPECT_EQ(CheckTruth(truth_, CallerOf(NewId(), now_)), "OK");
}

TEST_F(SessionGuardTest, WhatThisProcessEndedIsRefusedAtOnce) {
  ASSERT_TRUE(truth_.Refresh(Soon()).ok());
  truth_.Remember({OfSession()});
  EXPECT_EQ(Check(truth_, CallerOf(session_, now_)), "SESSION_ENDED");
}

TEST_F(SessionGuardTest, OfAUserEverythingIssuedBeforeIsRefusedAndTheLaterTimeCounts) {
  Write(OfUser(now_));
  Write(OfUser(now_ - absl::Minutes(1)));
  ASSERT_TRUE(truth_.Refresh(Soon()).ok());
  EXPECT_EQ(Check(truth_, CallerOf(session_, now_ - absl::Seconds(1))), "SESSION_ENDED");
  EXPECT_EQ(CheckTruth(truth_, CallerOf(session_, now_ - absl::Seconds(1))), "SESSION_ENDED");
  EXPECT_EQ(Check(truth_, CallerOf(session_, now_)), "OK");
  EXPECT_EQ(CheckTruth(truth_, CallerOf(session_, now_)), "OK");
  rpc::Caller other = CallerOf(session_, now_ - absl::Hours(1));
  other.user = NewId();
  EXPECT_EQ(Check(truth_, other), "OK");
}

TEST_F(SessionGuardTest, ServicesInTheirOwnNameHaveNoSession) {
  rpc::Caller caller;
  caller.kind = rpc::Caller::Kind::kService;
  EXPECT_EQ(Check(truth_, caller), "OK");
}

TEST_F(SessionGuardTest, WhatIsOlderThanAnyTokenIsForgotten) {
  Write(OfSession());
  Age(absl::Minutes(9));
  ASSERT_TRUE(truth_.Refresh(Soon()).ok());
  EXPECT_EQ(truth_.size(), 1u);
  Age(absl::Minutes(2));
  SessionGuard later(&pool(), &clock_);
  ASSERT_TRUE(later.Refresh(Soon()).ok());
  EXPECT_EQ(later.size(), 0u);
  ASSERT_TRUE(later.Purge(Soon()).ok());
  EXPECT_EQ(CheckTruth(later, CallerOf(session_, now_)), "SESSION_ENDED") << "still in the table";
  Age(absl::Minutes(10));
  ASSERT_TRUE(later.Purge(Soon()).ok());
  EXPECT_EQ(CheckTruth(later, CallerOf(session_, now_)), "OK");
}

TEST_F(SessionGuardTest, MoreThanAPageIsReadWhole) {
  constexpr int kCount = 5200;
  ASSERT_TRUE(
      pool()
          .Transact(Soon(),
                    [&](db::Session& tx) -> absl::Status {
                      for (int i = 0; i < kCount; ++i) {
                        TRELLIS_RETURN_IF_ERROR(PutRevocation(tx, {organization_, user_, NewId(), std::nullopt}));
                      }
                      return absl::OkStatus();
                    })
          .ok());
  ASSERT_TRUE(truth_.Refresh(Soon()).ok());
  EXPECT_EQ(truth_.size(), static_cast<std::size_t>(kCount));
}

// Elsewhere than in identity.
class ReplicaGuardTest : public SessionGuardTest {
 protected:
  absl::Status answer_;
  int asked_ = 0;
  Freshness freshness_;
  SessionGuard guard_{&pool(), &clock_,
                      [this](rpc::CallContext&) {
                        ++asked_;
                        return answer_;
                      },
                      &freshness_};
};

TEST_F(ReplicaGuardTest, AFreshReplicaAsksNobody) {
  freshness_.Heard(now_);
  ASSERT_TRUE(guard_.Refresh(Soon()).ok());
  EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "OK");
  EXPECT_EQ(asked_, 0);
}

TEST_F(ReplicaGuardTest, AStaleReplicaAsksForEveryCall) {
  EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "OK") << "nothing was read yet";
  freshness_.Heard(now_);
  EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "OK") << "the table was not read yet";
  EXPECT_EQ(asked_, 2);
  ASSERT_TRUE(guard_.Refresh(Soon()).ok());
  clock_.Advance(absl::Seconds(6));
  answer_ = Error(absl::StatusCode::kUnauthenticated, "SESSION_ENDED", "over");
  EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "SESSION_ENDED");
  EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "SESSION_ENDED");
  EXPECT_EQ(asked_, 4);
}

TEST_F(ReplicaGuardTest, WhereIdentityIsAwayATokenIsGoodUntilItEndsButWhatIsKnownIsRefused) {
  answer_ = absl::UnavailableError("away");
  EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "OK");
  EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "OK");
  EXPECT_EQ(asked_, 1) << "not every call waits for a peer that is silent";
  EXPECT_EQ(CheckTruth(guard_, CallerOf(session_, now_)), "SESSION_UNKNOWN");
  Write(OfSession());
  ASSERT_TRUE(guard_.Refresh(Soon()).ok());
  EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "SESSION_ENDED");
  EXPECT_EQ(CheckTruth(guard_, CallerOf(session_, now_)), "SESSION_ENDED");
}

TEST_F(ReplicaGuardTest, ManyThreadsAtOnce) {
  freshness_.Heard(now_);
  ASSERT_TRUE(guard_.Refresh(Soon()).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        if (t == 0) guard_.Remember({{organization_, user_, NewId(), std::nullopt}});
        EXPECT_EQ(Check(guard_, CallerOf(session_, now_)), "OK");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(guard_.size(), 200u);
}

}  // namespace
}  // namespace trellis::access
