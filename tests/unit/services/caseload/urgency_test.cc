// The order of the worklist and the reasons behind it.
#include "services/caseload/domain/urgency.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::caseload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const absl::Time kOpened = absl::FromUnixSeconds(1'750'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

Id MakeId(char last) { return Id::FromBytes(std::string(16, last)).value(); }

CaseFacts Facts(char id = 'a') {
  CaseFacts facts;
  facts.case_id = MakeId(id);
  facts.open_time = kOpened;
  return facts;
}

CaseFacts::Alert Alert(absl::Time at, AlertLevel level = AlertLevel::kHigh, char id = '1') {
  return {MakeId(id), at, level, "instruments/phq-9", "phq9-9", "self-harm-thoughts"};
}

LatestAssessment Worse(absl::Time at) {
  LatestAssessment latest;
  latest.instrument = "instruments/phq-9";
  latest.assessment = MakeId('p');
  latest.effective_time = at;
  latest.principal = {.code = "total", .number = 17, .band = "moderately-severe"};
  latest.worse = latest.principal;
  latest.worse_than_previous = true;
  return latest;
}

std::vector<ReasonCode> Codes(const Urgency& urgency) {
  std::vector<ReasonCode> codes;
  for (const Reason& reason : urgency.reasons) codes.push_back(reason.code);
  return codes;
}

TEST(Urgency, ANewCaseIsQuietUntilItsFirstReviewIsDue) {
  const CaseFacts facts = Facts();
  const Urgency quiet = Evaluate(facts, {}, kOpened);
  EXPECT_EQ(quiet.priority, kNoReasonPriority);
  EXPECT_THAT(quiet.reasons, IsEmpty());
  EXPECT_EQ(quiet.next_due, kOpened + 28 * kDay);
  EXPECT_EQ(quiet.next_change, kOpened + 28 * kDay);

  EXPECT_THAT(Evaluate(facts, {}, kOpened + 28 * kDay - absl::Microseconds(1)).reasons, IsEmpty());
  const Urgency overdue = Evaluate(facts, {}, kOpened + 28 * kDay);
  EXPECT_THAT(Codes(overdue), ElementsAre(ReasonCode::kAssessmentOverdue));
  EXPECT_EQ(overdue.reasons[0].since, kOpened + 28 * kDay);
  EXPECT_EQ(overdue.reasons[0].record, "cases/" + facts.case_id.ToString());
  EXPECT_THAT(overdue.reasons[0].values, ElementsAre(Pair("interval_days", "28")));
  EXPECT_EQ(overdue.next_change, std::nullopt) << "time alone changes nothing any more";
}

TEST(Urgency, AnAssessmentMovesTheDueTimeByTheCasesOwnInterval) {
  CaseFacts facts = Facts();
  facts.review_interval = 14 * kDay;
  LatestAssessment latest = Worse(kOpened + 5 * kDay);
  latest.worse.reset();
  facts.assessments = {latest};
  EXPECT_EQ(Evaluate(facts, {}, kOpened + 6 * kDay).next_due, kOpened + 19 * kDay);
  const Urgency overdue = Evaluate(facts, {}, kOpened + 20 * kDay);
  ASSERT_THAT(Codes(overdue), ElementsAre(ReasonCode::kAssessmentOverdue));
  EXPECT_THAT(overdue.reasons[0].values,
              ElementsAre(Pair("interval_days", "14"), Pair("last", "2025-06-20T15:06:40Z")));
}

TEST(Urgency, TheLatestOfSeveralInstrumentsCounts) {
  CaseFacts facts = Facts();
  LatestAssessment older = Worse(kOpened + 1 * kDay);
  LatestAssessment newer = Worse(kOpened + 9 * kDay);
  newer.instrument = "instruments/gad-7";
  facts.assessments = {newer, older};
  EXPECT_EQ(Evaluate(facts, {}, kOpened).next_due, kOpened + 37 * kDay);
  EXPECT_EQ(LastOf(facts.assessments)->instrument, "instruments/gad-7");
  EXPECT_EQ(LastOf({}), nullptr);
}

TEST(Urgency, ReliablyWorseNamesTheAssessmentAndWhatItWasComparedWith) {
  CaseFacts facts = Facts();
  facts.assessments = {Worse(kOpened + kDay)};
  facts.assessments[0].worse_than_baseline = true;
  const Urgency urgency = Evaluate(facts, {}, kOpened + 2 * kDay);
  ASSERT_THAT(Codes(urgency), ElementsAre(ReasonCode::kReliablyWorse));
  EXPECT_EQ(urgency.reasons[0].record, "assessments/" + MakeId('p').ToString());
  EXPECT_THAT(urgency.reasons[0].values,
              ElementsAre(Pair("instrument", "instruments/phq-9"), Pair("outcome", "total"), Pair("number", "17"),
                          Pair("band", "moderately-severe"), Pair("against", "baseline,previous")));
}

TEST(Urgency, AReferralIsSilentOnlyWhileItAwaitsAnAnswer) {
  using State = ReferralState;
  CaseFacts facts = Facts();
  facts.review_interval = 300 * kDay;
  const absl::Time silent = kOpened + 7 * kDay;
  for (const State state : {State::kRequested, State::kAccepted}) {
    facts.referrals = {{MakeId('r'), state, kOpened}};
    const Urgency before = Evaluate(facts, {}, silent - absl::Seconds(1));
    EXPECT_THAT(before.reasons, IsEmpty());
    EXPECT_EQ(before.next_change, silent);
    EXPECT_THAT(Codes(Evaluate(facts, {}, silent)), ElementsAre(ReasonCode::kReferralSilent));
    EXPECT_THAT(Evaluate(facts, {.silence = 8 * kDay}, silent).reasons, IsEmpty());
  }
  for (const State state : {State::kDraft, State::kInProgress, State::kOnHold, State::kCompleted, State::kRejected,
                            State::kCancelled, State::kFailed, State::kEnteredInError}) {
    facts.referrals = {{MakeId('r'), state, kOpened}};
    EXPECT_THAT(Evaluate(facts, {}, kOpened + 100 * kDay).reasons, IsEmpty());
  }
}

TEST(Urgency, OnlyUnmetNeedsAreReasons) {
  CaseFacts facts = Facts();
  facts.needs = {{MakeId('n'), NeedState::kInProgress, kOpened, "", "counselling"},
                 {MakeId('o'), NeedState::kMet, kOpened, "", "counselling"},
                 {MakeId('q'), NeedState::kDropped, kOpened, "", "counselling"}};
  EXPECT_THAT(Evaluate(facts, {}, kOpened).reasons, IsEmpty());
  facts.needs.push_back({MakeId('u'), NeedState::kUnmet, kOpened, "urn:x", "home-help"});
  const Urgency urgency = Evaluate(facts, {}, kOpened);
  ASSERT_THAT(Codes(urgency), ElementsAre(ReasonCode::kNeedUnmet));
  EXPECT_EQ(urgency.reasons[0].record, "serviceNeeds/" + MakeId('u').ToString());
  EXPECT_THAT(urgency.reasons[0].values, ElementsAre(Pair("system", "urn:x"), Pair("code", "home-help")));
}

TEST(Urgency, ReasonsStandGravestFirstThenOldestFirst) {
  CaseFacts facts = Facts();
  facts.open_alerts = {Alert(kOpened + 3 * kDay, AlertLevel::kHigh, '1'),
                       Alert(kOpened + 2 * kDay, AlertLevel::kHigh, '2'),
                       Alert(kOpened + 4 * kDay, AlertLevel::kUrgent, '3')};
  facts.assessments = {Worse(kOpened + kDay)};
  facts.referrals = {{MakeId('r'), ReferralState::kRequested, kOpened}};
  facts.needs = {{MakeId('u'), NeedState::kUnmet, kOpened, "", "x"}};
  const Urgency urgency = Evaluate(facts, {}, kOpened + 60 * kDay);
  EXPECT_THAT(Codes(urgency), ElementsAre(ReasonCode::kAlertOpen, ReasonCode::kAlertOpen, ReasonCode::kAlertOpen,
                                          ReasonCode::kReliablyWorse, ReasonCode::kAssessmentOverdue,
                                          ReasonCode::kReferralSilent, ReasonCode::kNeedUnmet));
  EXPECT_EQ(urgency.priority, 1);
  EXPECT_EQ(urgency.reasons[0].record, "safetyAlerts/" + MakeId('3').ToString()) << "urgent before high";
  EXPECT_EQ(urgency.reasons[1].record, "safetyAlerts/" + MakeId('2').ToString()) << "older before newer";
}

TEST(Urgency, TheReasonsOfOneLineAreBounded) {
  CaseFacts facts = Facts();
  for (int i = 0; i < 200; ++i)
    facts.needs.push_back({MakeId(static_cast<char>(i)), NeedState::kUnmet, kOpened, "", "x"});
  facts.open_alerts = {Alert(kOpened)};
  const Urgency urgency = Evaluate(facts, {}, kOpened);
  EXPECT_EQ(urgency.reasons.size(), 50u);
  EXPECT_EQ(urgency.reasons[0].code, ReasonCode::kAlertOpen) << "the gravest is never cut";
}

// The sort key is what the database orders by.
TEST(SortKey, OrdersCasesAsTheContractSays) {
  const absl::Time now = kOpened + 40 * kDay;
  std::vector<CaseFacts> in_order;
  const auto add = [&](auto change) {
    CaseFacts facts = Facts(static_cast<char>(100 - static_cast<int>(in_order.size())));  // ids against the order
    facts.review_interval = 300 * kDay;
    change(facts);
    in_order.push_back(facts);
  };
  add([&](CaseFacts& f) { f.open_alerts = {Alert(now, AlertLevel::kUrgent)}; });
  add([&](CaseFacts& f) { f.open_alerts = {Alert(now - 3 * kDay)}; });
  add([&](CaseFacts& f) { f.open_alerts = {Alert(now - 2 * kDay)}; });
  add([&](CaseFacts& f) { f.assessments = {Worse(now - 9 * kDay)}; });
  add([&](CaseFacts& f) { f.review_interval = 2 * kDay; });
  add([&](CaseFacts& f) { f.review_interval = 3 * kDay; });
  add([&](CaseFacts& f) { f.referrals = {{MakeId('r'), ReferralState::kAccepted, kOpened}}; });
  add([&](CaseFacts& f) { f.needs = {{MakeId('u'), NeedState::kUnmet, absl::FromUnixSeconds(-100), "", "x"}}; });
  add([&](CaseFacts& f) { f.needs = {{MakeId('u'), NeedState::kUnmet, kOpened - 300 * kDay, "", "x"}}; });
  add([&](CaseFacts& f) { f.review_interval = 100 * kDay; });
  add([&](CaseFacts& f) { f.review_interval = 200 * kDay; });

  std::vector<std::string> keys;
  for (const CaseFacts& facts : in_order) keys.push_back(Evaluate(facts, {}, now).sort_key);
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end()) << "unique";
  for (const std::string& key : keys) EXPECT_EQ(key.size(), 25u);
}

TEST(SortKey, TellsEqualCasesApart) {
  EXPECT_LT(Evaluate(Facts('a'), {}, kOpened).sort_key, Evaluate(Facts('b'), {}, kOpened).sort_key);
}

TEST(LatestAssessment, AnAssessmentEnteredLateDoesNotHideALaterOne) {
  EXPECT_TRUE(Replaces(Worse(kOpened + kDay), Worse(kOpened)));
  EXPECT_TRUE(Replaces(Worse(kOpened), Worse(kOpened)));
  EXPECT_FALSE(Replaces(Worse(kOpened), Worse(kOpened + kDay)));
}

}  // namespace
}  // namespace trellis::caseload
