// The scoring rules that the first set of instruments does not use, on instruments made for the test.
#include "services/assessment/domain/scoring.h"

#include <gtest/gtest.h>

#include "services/assessment/domain/instrument_parser.h"
#include "tests/unit/services/assessment/instruments_for_test.h"

namespace trellis::assessment {
namespace {

// Four items 0 to 4, one number, one flag.
Instrument MakeInstrument(const std::string& missing, const std::string& factor = "1", const std::string& max = "16") {
  const std::string text = R"({
    "instrument": "made", "version": 1, "title": "Made", "description": "", "codings": [],
    "licence": {"gate": "public_domain", "statement": "", "source": "test"},
    "items": [
      {"code": "a", "ordinal": "1", "label": "", "integer": {"min": 0, "max": 4}},
      {"code": "b", "ordinal": "2", "label": "", "integer": {"min": 0, "max": 4}},
      {"code": "c", "ordinal": "3", "label": "", "integer": {"min": 0, "max": 4}},
      {"code": "d", "ordinal": "4", "label": "", "integer": {"min": 0, "max": 4}}
    ],
    "outcomes": [
      {"code": "total", "label": "", "kind": "number", "direction": "higher_is_worse", "min": 0, "max": )" + max + R"(,
       "factor": )" + factor + R"(, "sum": ["a", "b", "c", "d"], "missing": )" + missing + R"(,
       "band_systems": [{"code": "s", "source": "test", "bands": [
         {"code": "low", "label": "", "min": 0, "max": 7}, {"code": "high", "label": "", "min": 8, "max": )" + max + R"(}]}]},
      {"code": "severe-item", "label": "", "kind": "flag", "direction": "higher_is_worse",
       "true_when": {"any": [{"at_least": ["a", 4]}, {"at_least": ["b", 4]}, {"at_least": ["c", 4]}, {"at_least": ["d", 4]}]}}
    ],
    "critical": [], "notes": []})";
  absl::StatusOr<Instrument> instrument = ParseInstrument({"made.v1.json", text});
  EXPECT_TRUE(instrument.ok()) << instrument.status();
  return *std::move(instrument);
}

std::vector<Answer> Numbers(const std::vector<int>& values) {
  std::vector<Answer> answers;
  const char* codes[] = {"a", "b", "c", "d"};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0) {
      answers.push_back({codes[i], AbsentReason::kDeclined});
    } else {
      answers.push_back({codes[i], std::int64_t{values[i]}});
    }
  }
  return answers;
}

OutcomeValue Total(const Instrument& instrument, const std::vector<int>& values) {
  return *OutcomeIn(ScoreAnswers(instrument, Numbers(values)), "total");
}

TEST(Scoring, InvalidMeansNoNumberAtAll) {
  const Instrument made = MakeInstrument(R"({"treatment": "invalid", "source": "t"})");
  EXPECT_EQ(Total(made, {1, 2, 3, 4}), (OutcomeValue{"total", 10.0, false}));
  EXPECT_EQ(Total(made, {1, 2, 3, -1}), (OutcomeValue{"total", std::nullopt, true}));
}

TEST(Scoring, ProratingScalesUpToAllItems) {
  const Instrument made = MakeInstrument(R"({"treatment": "prorate", "max_missing": 2, "source": "t"})");
  EXPECT_EQ(Total(made, {1, 2, 3, -1}), (OutcomeValue{"total", 8.0, true}));
  EXPECT_EQ(Total(made, {3, 2, -1, -1}), (OutcomeValue{"total", 10.0, true}));
  EXPECT_EQ(Total(made, {4, -1, -1, -1}), (OutcomeValue{"total", std::nullopt, true}));
  // 4 x 5 / 3 is 6.67; 4 x 5.9 / 3 would be in the next band only from 8 on.
  EXPECT_NEAR(*Total(made, {2, 2, 1, -1}).position, 6.6667, 0.001);
}

TEST(Scoring, ZeroCountsWhatIsMissingAsNothing) {
  const Instrument made = MakeInstrument(R"({"treatment": "zero", "max_missing": 3, "source": "t"})");
  EXPECT_EQ(Total(made, {4, -1, -1, -1}), (OutcomeValue{"total", 4.0, true}));
  EXPECT_EQ(Total(made, {-1, -1, -1, -1}), (OutcomeValue{"total", std::nullopt, true}));
}

TEST(Scoring, TheFactorComesLast) {
  const Instrument made = MakeInstrument(R"({"treatment": "prorate", "max_missing": 1, "source": "t"})", "2", "32");
  EXPECT_EQ(Total(made, {1, 1, 1, -1}).position, 8.0);
  EXPECT_EQ(Total(made, {4, 4, 4, 4}).position, 32.0);
}

TEST(Scoring, AFlagIsYesNoOrOpen) {
  const Instrument made = MakeInstrument(R"({"treatment": "invalid", "source": "t"})");
  const auto flag = [&](const std::vector<int>& values) {
    return *OutcomeIn(ScoreAnswers(made, Numbers(values)), "severe-item");
  };
  EXPECT_EQ(flag({0, 0, 0, 3}), (OutcomeValue{"severe-item", 0.0, false}));
  EXPECT_EQ(flag({4, -1, 0, 3}), (OutcomeValue{"severe-item", 1.0, false}));
  EXPECT_EQ(flag({0, -1, 0, 3}), (OutcomeValue{"severe-item", std::nullopt, true}));
}

TEST(Scoring, AFractionBelongsToTheBandBelow) {
  const Instrument made = MakeInstrument(R"({"treatment": "invalid", "source": "t"})");
  const BandSystem& system = made.outcomes[0].band_systems[0];
  EXPECT_EQ(BandOf(system, 7).code, "low");
  EXPECT_EQ(BandOf(system, 7.99).code, "low");
  EXPECT_EQ(BandOf(system, 8).code, "high");
}

}  // namespace
}  // namespace trellis::assessment
