// The worklist after each thing that happens.
#include "common/db/pool.h"
#include "common/rpc/timestamps.h"
#include "tests/integration/caseload/caseload_fixture.h"

namespace trellis::caseload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Referral = referral::v1::Referral;
using Reason = v1::WorklistReason;

constexpr absl::Duration kDay = absl::Hours(24);

class WorklistTest : public CaseloadTest {
 protected:
  std::vector<std::string> Order() {
    std::vector<std::string> persons;
    for (const auto& entry : List(coordinator_)) persons.push_back(entry.person());
    return persons;
  }
  // Of a person without a case nothing is listed: look into the table.
  int CountReferrals(const Id& person) {
    int count = 0;
    const absl::Status status = caseload().pool().Read(absl::Now() + absl::Seconds(5), [&](db::Session& session) {
      auto row = session.QueryOne<int>("SELECT COUNT(*) FROM referral_status WHERE person_id = ? LIMIT 1", person);
      if (row.ok()) count = std::get<0>(**row);
      return row.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return count;
  }
  std::string Value(const Reason& reason, const std::string& key) {
    for (const auto& value : reason.values()) {
      if (value.key() == key) return value.value();
    }
    return "(none)";
  }
};

TEST_F(WorklistTest, ANewCaseIsListedWithoutAReason) {
  const Id person = NewPerson(coordinator_);
  const v1::Case record = Open(coordinator_, person);
  const v1::WorklistEntry line = LineOf(coordinator_, person);
  EXPECT_EQ(line.case_record(), record.name());
  EXPECT_EQ(line.coordinator(), MakeName("users", coordinator_.user));
  EXPECT_EQ(line.priority(), 9);
  EXPECT_THAT(line.reasons(), IsEmpty());
  EXPECT_FALSE(line.has_last_assessment());
  EXPECT_EQ(rpc::FromTimestamp(line.next_due_time()), rpc::FromTimestamp(record.open_time()) + 28 * kDay);
}

TEST_F(WorklistTest, EachEventMovesTheCaseToItsPlace) {
  std::vector<Id> persons;
  std::vector<v1::Case> cases;
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    persons.push_back(NewPerson(coordinator_));
    names.push_back(MakeName("persons", persons[i]));
    cases.push_back(Open(coordinator_, persons[i]));
    clock().Advance(absl::Seconds(1));
  }
  EXPECT_EQ(Order(), names) << "whose next assessment is due first";

  AddNeed(coordinator_, cases[4], "counselling");
  EXPECT_THAT(Order(), ElementsAre(names[4], names[0], names[1], names[2], names[3])) << "unmet need";

  const Id sent = NewId();
  Tell(referral(), organization_, Changed(sent, persons[3], Referral::STATE_REQUESTED, clock().Now() - 8 * kDay));
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, persons[3]).priority() == 4; }));
  EXPECT_THAT(Order(), ElementsAre(names[3], names[4], names[0], names[1], names[2])) << "silent referral";

  const absl::Time now = clock().Now();
  Tell(assessment(), organization_, Recorded(persons[2], now - 29 * kDay).Total(4, "minimal").event());
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, persons[2]).priority() == 3; }));
  EXPECT_THAT(Order(), ElementsAre(names[2], names[3], names[4], names[0], names[1])) << "overdue";

  Tell(assessment(), organization_,
       Recorded(persons[1], now).Total(18, "moderately-severe").WorseThanPrevious().event());
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, persons[1]).priority() == 2; }));
  EXPECT_THAT(Order(), ElementsAre(names[1], names[2], names[3], names[4], names[0])) << "reliably worse";

  Tell(assessment(), organization_, Recorded(persons[0], now).Total(9, "mild").Critical("self-harm", "phq9-9").event());
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, persons[0]).priority() == 1; }));
  EXPECT_THAT(Order(), ElementsAre(names[0], names[1], names[2], names[3], names[4])) << "alert";

  ASSERT_TRUE(AcknowledgeAll(coordinator_, persons[0]).ok());
  EXPECT_THAT(Order(), ElementsAre(names[1], names[2], names[3], names[4], names[0])) << "acknowledged, at once";
}

TEST_F(WorklistTest, AnUrgentAlertComesBeforeAnOlderOne) {
  const Id first = NewPerson(coordinator_);
  const Id second = NewPerson(coordinator_);
  Open(coordinator_, first);
  Open(coordinator_, second);
  Tell(assessment(), organization_, Recorded(first, clock().Now()).Critical("self-harm", "q9").event());
  clock().Advance(absl::Seconds(1));
  Tell(assessment(), organization_, Recorded(second, clock().Now()).Critical("intent", "q4", true).event());
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, second).priority() == 1; }));
  EXPECT_THAT(Order(), ElementsAre(MakeName("persons", second), MakeName("persons", first)));
}

TEST_F(WorklistTest, ReasonsNameTheirRecordsAndValues) {
  const Id person = NewPerson(coordinator_);
  const v1::Case record = Open(coordinator_, person);
  const v1::ServiceNeed need = AddNeed(coordinator_, record, "counselling");
  const Recorded recorded = Recorded(person, clock().Now())
                                .Total(21, "severe")
                                .WorseThanPrevious()
                                .WorseThanBaseline()
                                .Critical("self-harm", "phq9-9", true);
  Tell(assessment(), organization_, recorded.event());
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).priority() == 1; }));

  const v1::WorklistEntry line = LineOf(coordinator_, person);
  ASSERT_THAT(Codes(line), ElementsAre(Reason::CODE_ALERT_OPEN, Reason::CODE_RELIABLY_WORSE, Reason::CODE_NEED_UNMET));
  EXPECT_EQ(line.reasons(0).record(), OpenAlerts(coordinator_, person).at(0).name());
  EXPECT_EQ(Value(line.reasons(0), "rule"), "self-harm");
  EXPECT_EQ(Value(line.reasons(0), "level"), "urgent");
  EXPECT_EQ(line.reasons(1).record(), recorded.name());
  EXPECT_EQ(Value(line.reasons(1), "number"), "21");
  EXPECT_EQ(Value(line.reasons(1), "against"), "baseline,previous");
  EXPECT_EQ(line.reasons(2).record(), need.name());
  EXPECT_EQ(Value(line.reasons(2), "code"), "counselling");

  EXPECT_EQ(line.last_assessment().assessment(), recorded.name());
  EXPECT_EQ(line.last_assessment().instrument(), "instruments/phq-9");
  EXPECT_EQ(line.last_assessment().number(), 21);
  EXPECT_EQ(line.last_assessment().band(), "severe");
  EXPECT_EQ(rpc::FromTimestamp(line.next_due_time()), clock().Now() + 28 * kDay);
}

TEST_F(WorklistTest, ANewerAssessmentTakesBackReliablyWorseAnOlderOneDoesNot) {
  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person);
  const absl::Time now = clock().Now();
  Tell(assessment(), organization_, Recorded(person, now).Total(18, "x").WorseThanPrevious().event());
  Tell(assessment(), organization_, Recorded(person, now - kDay).Total(3, "x").event());
  Tell(assessment(), organization_, Recorded(person, now, "instruments/gad-7").Total(3, "x").event());
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).last_assessment().number() == 18; }));
  EXPECT_THAT(Codes(LineOf(coordinator_, person)), ElementsAre(Reason::CODE_RELIABLY_WORSE));
  Tell(assessment(), organization_, Recorded(person, now + absl::Hours(1)).Total(12, "x").event());
  EXPECT_TRUE(Eventually([&] { return LineOf(coordinator_, person).reasons().empty(); }));
}

TEST_F(WorklistTest, TimeAloneMakesACaseOverdueAndAReferralSilent) {
  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person, 10 * kDay);
  const Id sent = NewId();
  Tell(referral(), organization_, Changed(sent, person, Referral::STATE_REQUESTED, clock().Now()));
  clock().Advance(6 * kDay);
  EXPECT_THAT(LineOf(coordinator_, person).reasons(), IsEmpty());
  clock().Advance(1 * kDay);
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).reasons_size() == 1; }));
  const v1::WorklistEntry silent = LineOf(coordinator_, person);
  ASSERT_THAT(Codes(silent), ElementsAre(Reason::CODE_REFERRAL_SILENT));
  EXPECT_EQ(silent.reasons(0).record(), MakeName("referrals", sent));

  clock().Advance(3 * kDay);
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).reasons_size() == 2; }));
  EXPECT_THAT(Codes(LineOf(coordinator_, person)),
              ElementsAre(Reason::CODE_ASSESSMENT_OVERDUE, Reason::CODE_REFERRAL_SILENT));

  // An answer stops the clock of silence, an assessment makes the case punctual again.
  Tell(referral(), organization_, Changed(sent, person, Referral::STATE_ACCEPTED, clock().Now()));
  Tell(assessment(), organization_, Recorded(person, clock().Now()).Total(5, "mild").event());
  EXPECT_TRUE(Eventually([&] { return LineOf(coordinator_, person).reasons().empty(); }));
}

TEST_F(WorklistTest, WhatHappenedBeforeTheCaseWasOpenedCountsFromTheStart) {
  const Id person = NewPerson(coordinator_);
  Tell(assessment(), organization_,
       Recorded(person, clock().Now() - kDay)
           .Total(20, "severe")
           .WorseThanPrevious()
           .Critical("self-harm", "q9")
           .event());
  Tell(referral(), organization_, Changed(NewId(), person, Referral::STATE_ACCEPTED, clock().Now() - 30 * kDay));
  ASSERT_TRUE(Eventually([&] { return OpenAlerts(coordinator_, person).size() == 1; }));
  ASSERT_TRUE(Eventually([&] { return CountReferrals(person) == 1; }));
  Open(coordinator_, person);
  EXPECT_THAT(Codes(LineOf(coordinator_, person)),
              ElementsAre(Reason::CODE_ALERT_OPEN, Reason::CODE_RELIABLY_WORSE, Reason::CODE_REFERRAL_SILENT));
}

}  // namespace
}  // namespace trellis::caseload
