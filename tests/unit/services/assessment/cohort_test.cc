#include "services/assessment/domain/cohort.h"

#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/assessment/domain/scoring.h"
#include "tests/unit/services/assessment/instruments_for_test.h"

namespace trellis::assessment {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2026, 3, 1, 0, 0, 0), absl::UTCTimeZone());

const OutcomeDefinition& Total() { return InstrumentOf("phq-9").outcomes.front(); }

using Day = absl::CivilDay;

std::string FieldOf(absl::CivilDay start, absl::CivilDay end) {
  const auto period = MakeCohortPeriod(start, end, kNow);
  if (period.ok()) return "";
  return DetailsOf(period.status())->fields.at(0).field;
}

TEST(CohortPeriod, IsWholeMonthsThatAreOver) {
  EXPECT_EQ(FieldOf(Day(2026, 2, 1), Day(2026, 3, 1)), "");
  EXPECT_EQ(FieldOf(Day(2016, 3, 1), Day(2026, 3, 1)), "");
  EXPECT_EQ(FieldOf(Day(2016, 2, 1), Day(2026, 3, 1)), "end_date");
  EXPECT_EQ(FieldOf(Day(2026, 2, 2), Day(2026, 3, 1)), "start_date");
  EXPECT_EQ(FieldOf(Day(2026, 1, 1), Day(2026, 2, 28)), "end_date");
  EXPECT_EQ(FieldOf(Day(2026, 3, 1), Day(2026, 4, 1)), "end_date");
  EXPECT_EQ(FieldOf(Day(2026, 3, 1), Day(2026, 3, 1)), "end_date");
  EXPECT_EQ(FieldOf(Day(2026, 3, 1), Day(2026, 2, 1)), "end_date");
}

// Every outcome of every instrument: each value falls in one part, and in the same one as for a single person.
TEST(CohortBands, AreThePrincipalBandsOrTheStagesOrNoAndYes) {
  int cut = 0;
  for (const Instrument* instrument : Registry().Newest()) {
    for (const OutcomeDefinition& outcome : instrument->outcomes) {
      const std::vector<Band> bands = CohortBands(outcome);
      if (bands.empty()) {
        EXPECT_EQ(outcome.kind, OutcomeKind::kNumber) << instrument->code << " " << outcome.code;
        continue;
      }
      ++cut;
      EXPECT_EQ(bands.front().min, outcome.min);
      EXPECT_EQ(bands.back().max, LargestPosition(outcome));
      for (std::size_t i = 1; i < bands.size(); ++i) EXPECT_EQ(bands[i].min, bands[i - 1].max + 1);
    }
  }
  EXPECT_GT(cut, 7);
}

TEST(SummarizeCohort, CountsTheLastValueOfEachPersonAndTheChangeSinceTheFirst) {
  const CohortSummary summary = SummarizeCohort(
      Total(), {{2, 2, false, 10, 10}, {16, 4, true, 8, 24}, {8, 7, true, 15, 30}, {12, 22, true, 11, 22}}, {});
  EXPECT_THAT(summary.persons_in_band, ElementsAre(20, 15, 0, 0, 10));
  EXPECT_FALSE(summary.suppressed);
  EXPECT_EQ(summary.persons, 45);
  EXPECT_EQ(summary.assessments, 85);
  EXPECT_EQ(summary.mean, 9.1);  // (10*2 + 8*4 + 15*7 + 11*22) / 44 = 9.07
  EXPECT_EQ(summary.standard_deviation, 7.8);
  ASSERT_TRUE(summary.change.has_value());
  EXPECT_EQ(summary.change->improved, 10);
  EXPECT_EQ(summary.change->unchanged, 15);
  EXPECT_EQ(summary.change->deteriorated, 10);
}

TEST(SummarizeCohort, LeavesOutAllThatASmallCountCouldBeWorkedOutFrom) {
  const CohortSummary summary = SummarizeCohort(Total(), {{2, 2, true, 100, 200}, {20, 20, true, 3, 6}}, {});
  EXPECT_THAT(summary.persons_in_band, ElementsAre(100, 0, 0, 0, std::nullopt));
  EXPECT_TRUE(summary.suppressed);
  EXPECT_FALSE(summary.persons.has_value());
  EXPECT_FALSE(summary.assessments.has_value());
  EXPECT_FALSE(summary.mean.has_value());
  EXPECT_FALSE(summary.standard_deviation.has_value());
  EXPECT_FALSE(summary.change.has_value());
}

TEST(SummarizeCohort, TellsNoChangeOfWhichAPartIsSmall) {
  const CohortSummary summary =
      SummarizeCohort(Total(), {{2, 2, true, 100, 200}, {2, 12, true, 4, 8}, {12, 12, true, 50, 100}}, {});
  EXPECT_EQ(summary.persons, 155);
  EXPECT_FALSE(summary.change.has_value());
  EXPECT_TRUE(summary.suppressed);
}

TEST(SummarizeCohort, MeansNeedTheLeastNumberOfPersons) {
  const std::vector<CohortGroup> groups = {{2, 2, false, 8, 8}, {12, 12, false, 8, 8}};
  EXPECT_TRUE(SummarizeCohort(Total(), groups, {.least_persons = 16}).mean.has_value());
  // Told counts come to 20, persons to 16.
  const CohortSummary few = SummarizeCohort(Total(), groups, {.least_persons = 17});
  EXPECT_EQ(few.persons, 15);
  EXPECT_FALSE(few.mean.has_value());
}

TEST(SummarizeCohort, StagesHaveCountsAndNoMean) {
  const Instrument& instrument = InstrumentOf("phq-9");
  const OutcomeDefinition& syndrome = *FindOutcome(instrument, "depressive-syndrome");
  const CohortSummary summary = SummarizeCohort(syndrome, {{0, 0, false, 30, 30}, {2, 2, false, 10, 10}}, {});
  EXPECT_THAT(summary.persons_in_band, ElementsAre(30, 0, 10));
  EXPECT_EQ(summary.persons, 40);
  EXPECT_FALSE(summary.mean.has_value());
}

TEST(SummarizeCohort, NoChangeWhereNobodyPublishedAThreshold) {
  const OutcomeDefinition& barthel = InstrumentOf("barthel").outcomes.front();
  ASSERT_FALSE(barthel.reliable_change.has_value());
  const CohortSummary summary = SummarizeCohort(barthel, {{0, 0, true, 30, 60}, {100, 100, true, 30, 60}}, {});
  EXPECT_FALSE(summary.change.has_value());
  EXPECT_FALSE(summary.suppressed);
}

// All that an answer tells, as one text.
std::string TextOf(const CohortSummary& summary) {
  std::string text;
  const auto add = [&text](const auto& value) {
    if (value.has_value()) absl::StrAppend(&text, *value);
    text += '|';
  };
  for (const auto& count : summary.persons_in_band) add(count);
  add(summary.persons);
  add(summary.assessments);
  add(summary.mean);
  add(summary.standard_deviation);
  if (summary.change.has_value()) {
    absl::StrAppend(&text, summary.change->improved, "/", summary.change->unchanged, "/", summary.change->deteriorated);
  }
  return text + (summary.suppressed ? "suppressed" : "");
}

// The whole answer, not only its counts: put other persons, of any number from 1 to 4, of any values and any history,
// into a band that has few, and nothing that is told changes.
TEST(SummarizeCohort, NothingDependsOnWhoAndHowManyAreInASmallBand) {
  std::mt19937 random(3);
  const std::vector<Band> bands = CohortBands(Total());
  const auto value_in = [&](const Band& band) {
    return band.min + static_cast<double>(random() % static_cast<unsigned>(band.max - band.min + 1));
  };
  const auto add = [&](std::vector<CohortGroup>& groups, const Band& band, std::int64_t persons) {
    for (; persons > 0; --persons) {
      const bool repeated = random() % 2 == 0;
      const double last = value_in(band);
      groups.push_back({repeated ? static_cast<double>(random() % 28) : last, last, repeated, 1, repeated ? 2 : 1});
    }
  };
  for (int round = 0; round < 2000; ++round) {
    const Band& small = bands[random() % bands.size()];
    std::vector<CohortGroup> others;
    for (const Band& band : bands) {
      if (band.code != small.code) add(others, band, static_cast<std::int64_t>(random() % 40));
    }
    std::vector<CohortGroup> one = others;
    std::vector<CohortGroup> another = others;
    add(one, small, static_cast<std::int64_t>(1 + random() % 4));
    add(another, small, static_cast<std::int64_t>(1 + random() % 4));
    ASSERT_EQ(TextOf(SummarizeCohort(Total(), one, {})), TextOf(SummarizeCohort(Total(), another, {})));
  }
}

// Persons of six histories: well or unwell at last, and seen once, or twice with or without a change. The counts that
// the attacker is after: well, unwell, improved, unchanged, deteriorated.
using Histories = std::array<std::int64_t, 6>;
const std::vector<CohortGroup> kHistories = {{2, 2, false, 1, 1},   {2, 2, true, 1, 2},   {20, 2, true, 1, 2},
                                             {20, 20, false, 1, 1}, {20, 20, true, 1, 2}, {2, 20, true, 1, 2}};

CohortSummary SummaryOf(const Histories& persons) {
  std::vector<CohortGroup> groups = kHistories;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i].persons *= persons[i];
    groups[i].assessments *= persons[i];
  }
  return SummarizeCohort(Total(), groups, {});
}

std::array<std::int64_t, 5> SoughtIn(const Histories& of) {
  return {of[0] + of[1] + of[2], of[3] + of[4] + of[5], of[2], of[1] + of[4], of[5]};
}

// All ways to give `left` persons or fewer a history, from `history` on.
void ForEachCohort(Histories& persons, std::size_t history, std::int64_t left,
                   const std::function<void(const Histories&)>& use) {
  if (history == persons.size()) return use(persons);
  for (persons[history] = 0; persons[history] <= left; ++persons[history]) {
    ForEachCohort(persons, history + 1, left - persons[history], use);
  }
  persons[history] = 0;
}

// An attacker who knows the rules and every value that occurs, and tries all cohorts that give the answer. Bands,
// change, totals, mean and deviation together give no small count away. The cohorts tried are larger than those
// attacked, so that none is safe only because the search ended.
TEST(SummarizeCohort, NobodyWhoTriesAllHistoriesFindsASmallCount) {
  constexpr std::int64_t kLargestTried = 17;
  constexpr std::int64_t kLargestAttacked = 13;
  std::map<std::string, std::array<std::set<std::int64_t>, 5>> possible;
  Histories persons{};
  ForEachCohort(persons, 0, kLargestTried, [&](const Histories& cohort) {
    auto& values = possible[TextOf(SummaryOf(cohort))];
    for (std::size_t i = 0; i < values.size(); ++i) values[i].insert(SoughtIn(cohort)[i]);
  });
  int attacked = 0;
  ForEachCohort(persons, 0, kLargestAttacked, [&](const Histories& cohort) {
    const auto& values = possible[TextOf(SummaryOf(cohort))];
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::int64_t count = SoughtIn(cohort)[i];
      if (count < 1 || count > kLargestSmallCount) continue;
      ++attacked;
      ASSERT_GE(values[i].size(), 2U) << ::testing::PrintToString(cohort);
    }
  });
  EXPECT_GT(attacked, 10000);
  EXPECT_GT(possible.size(), 10U);
  std::printf("%zu answers, %d small counts attacked, none found\n", possible.size(), attacked);
}

}  // namespace
}  // namespace trellis::assessment
