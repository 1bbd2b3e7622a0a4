// Events once and in order, whatever happens to the service.
#include "common/db/pool.h"
#include "tests/integration/caseload/caseload_fixture.h"

namespace trellis::caseload {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Referral = referral::v1::Referral;

class ReplayTest : public CaseloadTest {
 protected:
  void FromTheBeginning() {
    const absl::Status status = caseload().pool().Transact(absl::Now() + absl::Seconds(5), [](db::Session& tx) {
      return tx.Execute("UPDATE feed_follower SET position = 0").status();
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  std::int64_t Number(const std::string& sql) {
    std::int64_t number = -1;
    const absl::Status status = caseload().pool().Read(absl::Now() + absl::Seconds(5), [&](db::Session& session) {
      auto row = session.QueryOne<std::int64_t>(sql, organization_);
      if (row.ok() && row->has_value()) number = std::get<0>(**row);
      return row.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return number;
  }
};

TEST_F(ReplayTest, ACriticalAnswerGivenWhileTheServiceWasDownOpensOneAlert) {
  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person);
  caseload().Stop();
  const Recorded recorded = Recorded(person, clock().Now()).Total(15, "x").Critical("self-harm", "q9");
  Tell(assessment(), organization_, recorded.event());
  clock().Advance(absl::Hours(3));
  caseload().Restart();
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).priority() == 1; }));
  const auto alerts = OpenAlerts(coordinator_, person);
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].assessment(), recorded.name());
  EXPECT_EQ(alerts[0].open_time().seconds(), absl::ToUnixSeconds(clock().Now() - absl::Hours(3)))
      << "the clock runs from the answer, not from the restart";
}

TEST_F(ReplayTest, TheSameEventToldTwiceChangesNothing) {
  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person);
  const Recorded recorded = Recorded(person, clock().Now()).Total(15, "x").Critical("self-harm", "q9");
  for (int i = 0; i < 3; ++i) Tell(assessment(), organization_, recorded.event());
  const Id marker = NewPerson(coordinator_);
  Open(coordinator_, marker);
  Tell(assessment(), organization_, Recorded(marker, clock().Now()).Total(1, "x").event());
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, marker).has_last_assessment(); }));
  EXPECT_THAT(OpenAlerts(coordinator_, person), SizeIs(1));

  // An alert that was acknowledged stays so.
  ASSERT_TRUE(AcknowledgeAll(coordinator_, person).ok());
  Tell(assessment(), organization_, recorded.event());
  Tell(assessment(), organization_, Recorded(marker, clock().Now() + absl::Hours(1)).Total(2, "x").event());
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, marker).last_assessment().number() == 2; }));
  EXPECT_THAT(OpenAlerts(coordinator_, person), SizeIs(0));
}

TEST_F(ReplayTest, ReplayingAllFeedsEndsInTheSameState) {
  const Id person = NewPerson(coordinator_);
  const v1::Case record = Open(coordinator_, person);
  const v1::ServiceNeed need = AddNeed(coordinator_, record, "counselling");
  const Id sent = NewId();
  const absl::Time now = clock().Now();
  Tell(assessment(), organization_,
       Recorded(person, now).Total(15, "x").WorseThanBaseline().Critical("r", "q").event());
  Tell(referral(), organization_, Changed(sent, person, Referral::STATE_REQUESTED, now, need.name()));
  Tell(referral(), organization_, Changed(sent, person, Referral::STATE_REJECTED, now, need.name()));
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).reasons_size() == 3; }));
  ASSERT_TRUE(Eventually([&] {
    return Number("SELECT state FROM referral_status WHERE organization_id = ? LIMIT 1") == Referral::STATE_REJECTED;
  }));
  const v1::WorklistEntry before = LineOf(coordinator_, person);
  const std::int64_t events = Number("SELECT COUNT(*) FROM event WHERE organization_id = ? LIMIT 1");

  caseload().Stop();
  FromTheBeginning();
  caseload().Restart();
  // The positions have come back to where they were, and so has everything else.
  const Id marker = NewPerson(coordinator_);
  Tell(assessment(), organization_, Recorded(marker, now).Critical("r", "q").event());
  Tell(referral(), organization_, Changed(NewId(), marker, Referral::STATE_REQUESTED, now));
  ASSERT_TRUE(Eventually([&] {
    return OpenAlerts(coordinator_, marker).size() == 1 &&
           Number("SELECT COUNT(*) FROM referral_status WHERE organization_id = ? LIMIT 1") == 2;
  }));
  EXPECT_EQ(LineOf(coordinator_, person).SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(GetNeed(coordinator_, need.name()).state(), v1::ServiceNeed::STATE_UNMET);
  EXPECT_THAT(OpenAlerts(coordinator_, person), SizeIs(1));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM event WHERE organization_id = ? LIMIT 1"), events + 1)
      << "only the marker's alert was told anew";
}

TEST_F(ReplayTest, AnEventThatCannotBeUnderstoodHoldsTheFeedAndIsNotDropped) {
  // Last in the suite's feed on purpose: everything behind it waits.
  referral::v1::ReferralStateChanged broken = Changed(NewId(), NewId(), Referral::STATE_REQUESTED, clock().Now());
  broken.set_person("persons/nobody");
  Tell(referral(), organization_, broken);
  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person);
  Tell(referral(), organization_,
       Changed(NewId(), person, Referral::STATE_REQUESTED, clock().Now() - absl::Hours(999)));
  absl::SleepFor(absl::Milliseconds(500));
  EXPECT_THAT(Codes(LineOf(coordinator_, person)), ElementsAre());
}

}  // namespace
}  // namespace trellis::caseload
