// The instruments of the first set against what was published about them, point by point.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/services/assessment/instruments_for_test.h"

namespace trellis::assessment {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Scores with the total that is wanted: item after item as high as it goes.
std::vector<Answer> WithTotal(const Instrument& instrument, double total) {
  std::vector<Answer> answers;
  for (const Item& item : instrument.items) {
    if (item.optional) continue;
    const Option* best = nullptr;
    for (const Option& option : item.options) {
      if (*option.weight <= total && (best == nullptr || *option.weight > *best->weight)) best = &option;
    }
    total -= *best->weight;
    answers.push_back({item.code, ChosenOption{best->code}});
  }
  EXPECT_EQ(total, 0);
  return answers;
}

struct Expected {
  double from;
  double to;
  std::string band;
  int severity;
};

void ExpectBands(const std::string& code, double step, const std::string& system_code,
                 const std::vector<Expected>& expected) {
  const Instrument& instrument = InstrumentOf(code);
  const OutcomeDefinition& outcome = *FindOutcome(instrument, "total");
  const BandSystem* system = nullptr;
  for (const BandSystem& candidate : outcome.band_systems) {
    if (candidate.code == system_code) system = &candidate;
  }
  ASSERT_NE(system, nullptr);
  ASSERT_EQ(system->bands.size(), expected.size());
  EXPECT_FALSE(system->source.empty());
  for (const Expected& band : expected) {
    for (double total = band.from; total <= band.to; total += step) {
      const Result result = ScoreAnswers(instrument, WithTotal(instrument, total));
      ASSERT_EQ(OutcomeIn(result, "total")->position, total) << code;
      EXPECT_EQ(BandOf(*system, total).code, band.band) << code << " " << total;
      EXPECT_EQ(BandOf(*system, total).severity, band.severity) << code << " " << total;
    }
  }
  EXPECT_EQ(expected.front().from, outcome.min);
  EXPECT_EQ(expected.back().to, outcome.max);
}

TEST(Phq9, EveryTotalFallsInThePublishedBand) {
  ExpectBands("phq-9", 1, "severity",
              {{0, 4, "minimal", 0}, {5, 9, "mild", 1}, {10, 14, "moderate", 2}, {15, 19, "moderately-severe", 3},
               {20, 27, "severe", 4}});
  ExpectBands("phq-9", 1, "caseness", {{0, 9, "below", 0}, {10, 27, "at-caseness", 1}});
  ExpectBands("phq-9", 1, "remission", {{0, 4, "remission", 0}, {5, 27, "no-remission", 1}});
}

TEST(Gad7, EveryTotalFallsInThePublishedBand) {
  ExpectBands("gad-7", 1, "severity",
              {{0, 4, "minimal", 0}, {5, 9, "mild", 1}, {10, 14, "moderate", 2}, {15, 21, "severe", 3}});
  ExpectBands("gad-7", 1, "caseness", {{0, 7, "below", 0}, {8, 21, "at-caseness", 1}});
}

TEST(Wsas, EveryTotalFallsInThePublishedBand) {
  ExpectBands("wsas", 1, "severity",
              {{0, 9, "subclinical", 0}, {10, 20, "significant", 1}, {21, 40, "moderately-severe", 2}});
}

TEST(Pss10, EveryTotalFallsInThePublishedBand) {
  ExpectBands("pss-10", 1, "severity", {{0, 13, "low", 0}, {14, 26, "moderate", 1}, {27, 40, "high", 2}});
}

TEST(Barthel, EveryTotalFallsInThePublishedBandAndHigherIsBetter) {
  ExpectBands("barthel", 5, "dependency",
              {{0, 15, "0-19", 4}, {20, 35, "20-39", 3}, {40, 55, "40-59", 2}, {60, 75, "60-79", 1},
               {80, 100, "80-100", 0}});
  EXPECT_EQ(InstrumentOf("barthel").outcomes[0].direction, Direction::kHigherIsBetter);
}

TEST(Barthel, HasThePublishedWeights) {
  const std::map<std::string, double> largest = {
      {"barthel-feeding", 10}, {"barthel-stool", 10},   {"barthel-bladder", 10}, {"barthel-toilet", 10},
      {"barthel-dressing", 10}, {"barthel-stairs", 10}, {"barthel-bathing", 5},  {"barthel-grooming", 5},
      {"barthel-transfer", 15}, {"barthel-mobility", 15}};
  for (const Item& item : InstrumentOf("barthel").items) EXPECT_EQ(WeightRange(item).high, largest.at(item.code));
  EXPECT_EQ(InstrumentOf("barthel").items.size(), largest.size());
}

TEST(Pss10, ReversesItems4578ByTheirWeights) {
  const Instrument& pss = InstrumentOf("pss-10");
  for (std::size_t i = 0; i < pss.items.size(); ++i) {
    const bool reversed = i == 3 || i == 4 || i == 6 || i == 7;
    EXPECT_EQ(FindOption(pss.items[i], "never")->weight, reversed ? 4 : 0) << i + 1;
    EXPECT_EQ(FindOption(pss.items[i], "sometimes")->weight, 2) << i + 1;
    EXPECT_EQ(FindOption(pss.items[i], "very-often")->weight, reversed ? 0 : 4) << i + 1;
  }
  // All alike: the four reversed items and the six others.
  EXPECT_EQ(OutcomeIn(ScoreAnswers(pss, ByPosition(pss, std::vector<int>(10, 0))), "total")->position, 16);
  EXPECT_EQ(OutcomeIn(ScoreAnswers(pss, ByPosition(pss, std::vector<int>(10, 4))), "total")->position, 24);
}

TEST(Phq9, Item9IsCriticalFromOneOnWhateverTheTotal) {
  const Instrument& phq = InstrumentOf("phq-9");
  for (int answer = 0; answer <= 3; ++answer) {
    std::vector<int> positions(9, 0);
    positions[8] = answer;
    const Result result = ScoreAnswers(phq, ByPosition(phq, positions));
    if (answer == 0) {
      EXPECT_THAT(result.critical, IsEmpty());
    } else {
      EXPECT_THAT(result.critical, ElementsAre(CriticalHit{"44260-8", "self-harm-thoughts", CriticalLevel::kHigh}));
    }
  }
  EXPECT_THAT(ScoreAnswers(phq, ByPosition(phq, {3, 3, 3, 3, 3, 3, 3, 3, 0})).critical, IsEmpty());
}

TEST(Phq9, TellsTheDepressiveSyndromes) {
  const Instrument& phq = InstrumentOf("phq-9");
  const auto syndrome = [&](const std::vector<int>& positions) {
    return StageIn(phq, ScoreAnswers(phq, ByPosition(phq, positions)), "depressive-syndrome");
  };
  EXPECT_EQ(syndrome({0, 0, 0, 0, 0, 0, 0, 0, 0}), "none");
  EXPECT_EQ(syndrome({2, 0, 0, 0, 0, 0, 0, 0, 0}), "none");   // one symptom is too few
  EXPECT_EQ(syndrome({2, 2, 0, 0, 0, 0, 0, 0, 0}), "other");  // two
  EXPECT_EQ(syndrome({2, 0, 0, 0, 0, 0, 0, 0, 1}), "other");  // item 9 counts from 1
  EXPECT_EQ(syndrome({0, 2, 2, 2, 2, 0, 0, 0, 0}), "other");  // four
  EXPECT_EQ(syndrome({0, 2, 2, 2, 2, 2, 0, 0, 0}), "major");  // five
  EXPECT_EQ(syndrome({0, 2, 2, 2, 2, 0, 0, 0, 1}), "major");  // five with item 9
  EXPECT_EQ(syndrome({1, 1, 3, 3, 3, 3, 3, 3, 3}), "none");   // no core symptom
  EXPECT_EQ(syndrome({1, 1, 1, 1, 1, 1, 1, 1, 3}), "none");
  EXPECT_EQ(syndrome({3, 3, 3, 3, 3, 3, 3, 3, 3}), "major");
}

TEST(Phq9, AsksForDifficultyOnlyWhenTheTotalIsAboveZeroAndDoesNotScoreIt) {
  const Instrument& phq = InstrumentOf("phq-9");
  std::vector<Answer> answers = ByPosition(phq, {1, 0, 0, 0, 0, 0, 0, 0, 0});
  answers.push_back({"69722-7", ChosenOption{"extremely-difficult"}});
  EXPECT_EQ(OutcomeIn(ScoreAnswers(phq, answers), "total")->position, 1);
  answers[0].value = ChosenOption{"not-at-all"};
  EXPECT_FALSE(CheckAnswers(phq, answers, "answers").ok());
}

TEST(Phq9, HasItsPublishedCodesAndThresholds) {
  const Instrument& phq = InstrumentOf("phq-9");
  const std::vector<std::string> codes = {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7",
                                          "44258-2", "44252-5", "44253-3", "44260-8", "69722-7"};
  ASSERT_EQ(phq.items.size(), codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(phq.items[i].code, codes[i]);
  EXPECT_EQ(phq.codings[0].code, "44249-1");
  EXPECT_EQ(phq.outcomes[0].codings[0].code, "44261-6");
  EXPECT_EQ(phq.outcomes[0].reliable_change->value, 6);
  EXPECT_EQ(phq.outcomes[0].response_percent->value, 50);
}

TEST(ReliableChange, IsThereOnlyWhereItWasPublished) {
  EXPECT_EQ(InstrumentOf("gad-7").outcomes[0].reliable_change->value, 4);
  for (const char* code : {"wsas", "pss-10", "barthel", "fast", "c-ssrs-screener"}) {
    for (const OutcomeDefinition& outcome : InstrumentOf(code).outcomes) {
      EXPECT_FALSE(outcome.reliable_change.has_value()) << code;
    }
  }
}

TEST(Gad7, TheZeroLabelReadsNotAtAll) {
  for (const Item& item : InstrumentOf("gad-7").items) EXPECT_EQ(item.options[0].label, "Not at all");
}

TEST(Wsas, ARetiredPersonSkipsItem1AndTheMaximumIs32) {
  const Instrument& wsas = InstrumentOf("wsas");
  const Chosen shortened = {
      {"wsas-retired", "yes"}, {"wsas-2", "8"}, {"wsas-3", "8"}, {"wsas-4", "8"}, {"wsas-5", "8"}};
  const Result result = ScoreAnswers(wsas, AnswersOf(shortened));
  EXPECT_EQ(OutcomeIn(result, "total"), nullptr);
  EXPECT_EQ(OutcomeIn(result, "total-without-work")->position, 32);
  EXPECT_TRUE(FindOutcome(wsas, "total-without-work")->band_systems.empty());
  Chosen wrong = shortened;
  wrong.push_back({"wsas-1", "8"});
  EXPECT_FALSE(CheckAnswers(wsas, AnswersOf(wrong), "answers").ok());

  const Result full = ScoreAnswers(wsas, ByPosition(wsas, {8, 8, 8, 8, 8}));
  EXPECT_EQ(OutcomeIn(full, "total")->position, 40);
  EXPECT_EQ(OutcomeIn(full, "total-without-work"), nullptr);
}

constexpr char kWish[] = "93246-7";
constexpr char kThoughts[] = "93247-5";
constexpr char kMethod[] = "93248-3";
constexpr char kIntent[] = "93249-1";
constexpr char kPlan[] = "93250-9";
constexpr char kEver[] = "93267-3";
constexpr char kRecent[] = "93269-9";

// A form on which everything is "no" except what is named; what is not asked is left out.
std::vector<Answer> Screener(const std::vector<std::string>& yes) {
  const auto has = [&](const std::string& item) { return std::find(yes.begin(), yes.end(), item) != yes.end(); };
  Chosen chosen;
  for (const char* item : {kWish, kThoughts, kMethod, kIntent, kPlan, kEver, kRecent}) {
    const bool detail = item == kMethod || item == kIntent || item == kPlan;
    if ((detail && !has(kThoughts)) || (item == kRecent && !has(kEver))) continue;
    chosen.push_back({item, has(item) ? "yes" : "no"});
  }
  return AnswersOf(chosen);
}

TEST(CSsrs, TellsThePublishedLevelAndHasNoTotal) {
  const Instrument& screener = InstrumentOf("c-ssrs-screener");
  const auto level = [&](const std::vector<std::string>& yes) {
    return StageIn(screener, ScoreAnswers(screener, Screener(yes)), "risk");
  };
  EXPECT_EQ(level({}), "none");
  EXPECT_EQ(level({kWish}), "low");
  EXPECT_EQ(level({kThoughts}), "low");
  EXPECT_EQ(level({kThoughts, kMethod}), "moderate");
  EXPECT_EQ(level({kEver}), "moderate");
  EXPECT_EQ(level({kThoughts, kIntent}), "high");
  EXPECT_EQ(level({kThoughts, kPlan}), "high");
  EXPECT_EQ(level({kEver, kRecent}), "high");
  EXPECT_EQ(level({kWish, kThoughts, kMethod, kIntent, kPlan, kEver, kRecent}), "high");
  for (const OutcomeDefinition& outcome : screener.outcomes) EXPECT_NE(outcome.kind, OutcomeKind::kNumber);
}

TEST(CSsrs, NoThoughtsLeadStraightToItem6) {
  const Instrument& screener = InstrumentOf("c-ssrs-screener");
  std::vector<Answer> answers = Screener({});
  EXPECT_EQ(answers.size(), 3u);
  answers.push_back({kIntent, ChosenOption{"no"}});
  EXPECT_FALSE(CheckAnswers(screener, answers, "answers").ok());
}

TEST(CSsrs, CriticalAnswersHaveTheLevelOfTheRisk) {
  const Instrument& screener = InstrumentOf("c-ssrs-screener");
  const auto critical = [&](const std::vector<std::string>& yes) {
    return ScoreAnswers(screener, Screener(yes)).critical;
  };
  EXPECT_THAT(critical({kWish, kThoughts}), IsEmpty());
  EXPECT_THAT(critical({kThoughts, kMethod}), ElementsAre(CriticalHit{kMethod, "method", CriticalLevel::kHigh}));
  EXPECT_THAT(critical({kThoughts, kIntent, kPlan}),
              ElementsAre(CriticalHit{kIntent, "intent", CriticalLevel::kUrgent},
                          CriticalHit{kPlan, "plan", CriticalLevel::kUrgent}));
  EXPECT_THAT(critical({kEver, kRecent}),
              ElementsAre(CriticalHit{kEver, "behaviour-ever", CriticalLevel::kHigh},
                          CriticalHit{kRecent, "behaviour-recent", CriticalLevel::kUrgent}));
}

TEST(CSsrs, AMissingAnswerNeverHidesTheRiskThatOthersShow) {
  const Instrument& screener = InstrumentOf("c-ssrs-screener");
  std::vector<Answer> answers = Screener({kThoughts, kMethod, kIntent});
  answers[3].value = AbsentReason::kDeclined;  // intent
  Result result = ScoreAnswers(screener, answers);
  EXPECT_EQ(StageIn(screener, result, "risk"), "moderate");
  EXPECT_TRUE(OutcomeIn(result, "risk")->incomplete);

  answers = Screener({});
  answers[1].value = AbsentReason::kDeclined;  // thoughts: the items behind it stay open
  result = ScoreAnswers(screener, answers);
  EXPECT_EQ(StageIn(screener, result, "risk"), "") << "must not read as no risk";
  EXPECT_TRUE(OutcomeIn(result, "risk")->incomplete);
}

TEST(Fast, IsAnOrderedStageAndNoSum) {
  const Instrument& fast = InstrumentOf("fast");
  const std::vector<std::string> order = {"1",  "2",  "3",  "4",  "5",  "6a", "6b", "6c",
                                          "6d", "6e", "7a", "7b", "7c", "7d", "7e", "7f"};
  ASSERT_EQ(fast.outcomes.size(), 1u);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Result result = ScoreAnswers(fast, AnswersOf({{"fast-stage", order[i]}}));
    EXPECT_EQ(StageIn(fast, result, "stage"), order[i]);
    EXPECT_EQ(OutcomeIn(result, "stage")->position, static_cast<double>(i));
    EXPECT_EQ(SeverityOf(fast.outcomes[0], static_cast<double>(i)), static_cast<int>(i));
    EXPECT_EQ(BandOf(fast.outcomes[0].band_systems[0], static_cast<double>(i)).code, i >= 10 ? "reached" : "before");
    EXPECT_EQ(BandOf(fast.outcomes[0].band_systems[1], static_cast<double>(i)).code, i >= 12 ? "reached" : "before");
  }
}

TEST(Licences, WithholdWhereNoSourceConfirmsThatTheWordingIsFree) {
  for (const Instrument* instrument : Registry().Newest()) {
    const bool confirmed = instrument->code == "phq-9";
    EXPECT_EQ(instrument->licence.gate,
              confirmed ? Licence::Gate::kFreeWithAttribution : Licence::Gate::kPermissionRequired) << instrument->code;
    for (const Item& item : instrument->items) EXPECT_TRUE(item.wordings.empty());
  }
}

}  // namespace
}  // namespace trellis::assessment
