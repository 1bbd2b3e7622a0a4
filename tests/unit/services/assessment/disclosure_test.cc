#include "services/assessment/domain/disclosure.h"

#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::assessment {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Eq;
using Counts = std::vector<std::int64_t>;

constexpr auto kLeftOut = std::nullopt;

bool IsSmall(std::int64_t count) { return count >= 1 && count <= 4; }

TEST(Disclosure, LeavesSmallCountsOutAndRoundsTheOthers) {
  EXPECT_THAT(TellCounts({5, 7, 8, 12, 13, 0}, {}), ElementsAre(5, 5, 10, 10, 15, 0));
  EXPECT_THAT(TellCounts({101, 4, 1, 0}, {}), ElementsAre(100, kLeftOut, kLeftOut, 0));
  EXPECT_FALSE(IsComplete(TellCounts({101, 4, 1, 0}, {})));
  EXPECT_TRUE(IsComplete(TellCounts({101, 5, 0}, {})));
}

TEST(Disclosure, TellsNothingOfTooFew) {
  EXPECT_THAT(TellCounts({5, 4}, {}), Each(Eq(kLeftOut)));
  EXPECT_THAT(TellCounts({0, 0, 0}, {}), Each(Eq(kLeftOut)));
  EXPECT_THAT(TellCounts({5, 5}, {}), ElementsAre(5, 5));
  EXPECT_THAT(TellCounts({5, 5}, {.least_persons = 11}), Each(Eq(kLeftOut)));
  EXPECT_THAT(TellCounts({}, {}), ElementsAre());
}

// Where all are in one part, it would be known of each of them which.
TEST(Disclosure, TellsNothingWhereAllAreInOnePart) {
  EXPECT_THAT(TellCounts({0, 500, 0}, {}), Each(Eq(kLeftOut)));
  EXPECT_THAT(TellCounts({0, 500, 1}, {}), ElementsAre(0, 500, kLeftOut));
}

TEST(Disclosure, RoundsMeasuresToOneDecimal) {
  EXPECT_EQ(RoundMeasure(8.26), 8.3);
  EXPECT_EQ(RoundMeasure(-0.26), -0.3);
}

// The promise itself: put any small count in the place of a small one, and the answer is the same.
TEST(Disclosure, NoAnswerDependsOnHowSmallASmallCountIs) {
  std::mt19937 random(7);
  int replaced = 0;
  for (int round = 0; round < 20000; ++round) {
    Counts counts(2 + random() % 5);
    for (std::int64_t& count : counts) count = static_cast<std::int64_t>(random() % (random() % 2 == 0 ? 7 : 60));
    const DisclosureRules rules{.least_persons = static_cast<int>(10 + random() % 30)};
    const ToldCounts told = TellCounts(counts, rules);
    for (std::int64_t& count : counts) {
      if (!IsSmall(count)) continue;
      for (std::int64_t other = 1; other <= 4; ++other) {
        const std::int64_t before = std::exchange(count, other);
        ASSERT_EQ(TellCounts(counts, rules), told);
        count = before;
        ++replaced;
      }
    }
  }
  EXPECT_GT(replaced, 10000);
}

// All tables of `parts` counts from 0 to `most`.
void ForEachTable(std::size_t parts, std::int64_t most, const std::function<void(const Counts&)>& use) {
  Counts counts(parts);
  for (;;) {
    use(counts);
    std::size_t i = 0;
    while (i < parts && counts[i] == most) counts[i++] = 0;
    if (i == parts) return;
    ++counts[i];
  }
}

// Everything that an answer may hold beside the counts: the total, where all counts are told.
std::pair<ToldCounts, std::int64_t> Answer(const Counts& counts) {
  ToldCounts told = TellCounts(counts, {});
  std::int64_t total = 0;
  for (const std::int64_t count : counts) total += count;
  const bool complete = IsComplete(told);
  return {std::move(told), complete ? RoundCount(total) : -1};
}

// An attacker who knows the rules, the answer and the number of parts, and tries all tables that give this answer.
TEST(Disclosure, NobodyWhoTriesAllTablesFindsASmallCount) {
  for (const auto& [parts, most] : std::vector<std::pair<std::size_t, std::int64_t>>{{2, 30}, {3, 16}, {4, 11}}) {
    std::map<std::pair<ToldCounts, std::int64_t>, std::vector<std::set<std::int64_t>>> possible;
    ForEachTable(parts, most, [&](const Counts& counts) {
      auto& values = possible[Answer(counts)];
      values.resize(parts);
      for (std::size_t i = 0; i < parts; ++i) values[i].insert(counts[i]);
    });
    int small = 0;
    ForEachTable(parts, most, [&](const Counts& counts) {
      const auto& values = possible[Answer(counts)];
      for (std::size_t i = 0; i < parts; ++i) {
        if (!IsSmall(counts[i])) continue;
        ++small;
        ASSERT_GE(values[i].size(), 4U) << ::testing::PrintToString(counts);
      }
    });
    EXPECT_GT(small, 100);
    std::printf("%zu parts: %zu answers, %d small counts, none found\n", parts, possible.size(), small);
  }
}

// What somebody sees who asks before and after one person was added. Rounding hides most; that it cannot hide all is
// said in the contract.
TEST(Disclosure, OnePersonMoreIsMostlyNotSeen) {
  std::mt19937 random(11);
  int hidden = 0;
  constexpr int kRounds = 20000;
  for (int round = 0; round < kRounds; ++round) {
    Counts counts(5);
    for (std::int64_t& count : counts) count = static_cast<std::int64_t>(random() % 60);
    const auto before = Answer(counts);
    ++counts[random() % counts.size()];
    const auto after = Answer(counts);
    if (after == before) ++hidden;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      // A count that moves moves by one step, or crosses the border of the small ones: never by the one person.
      if (!before.first[i].has_value() || !after.first[i].has_value()) continue;
      const std::int64_t moved = *after.first[i] - *before.first[i];
      ASSERT_TRUE(moved == 0 || moved == kCountStep) << moved;
    }
  }
  std::printf("one person more changed nothing that is told in %.1f %% of %d cases\n", 100.0 * hidden / kRounds,
              kRounds);
  EXPECT_GT(hidden, 0);
  EXPECT_LT(hidden, kRounds);
}

}  // namespace
}  // namespace trellis::assessment
