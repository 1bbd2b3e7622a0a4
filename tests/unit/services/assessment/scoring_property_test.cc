// Random forms of every instrument: whatever is answered, totals equal a sum made another way, stages are among those
// declared, and the order of the answers does not matter.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/unit/services/assessment/instruments_for_test.h"

namespace trellis::assessment {
namespace {

constexpr int kForms = 400;

using Random = std::mt19937;

// Answers item after item, leaving out what is not asked and now and then what is optional.
std::vector<Answer> RandomForm(const Instrument& instrument, Random& random) {
  std::vector<Answer> answers;
  Facts facts;
  for (const Item& item : instrument.items) {
    if (item.asked_when.has_value() && Holds(*item.asked_when, facts) != Truth::kTrue) continue;
    if (item.optional && random() % 2 == 0) continue;
    const Option& option = item.options[random() % item.options.size()];
    answers.push_back({item.code, ChosenOption{option.code}});
    facts[item.code] = {Fact::Kind::kAnswered, {option.weight.value_or(0), option.weight.value_or(0)}, option.code};
  }
  return answers;
}

// The weights of everything answered, looked up by hand.
double SumOf(const Instrument& instrument, const std::vector<Answer>& answers) {
  double sum = 0;
  for (const Answer& answer : answers) {
    for (const Item& item : instrument.items) {
      for (const Option& option : item.options) {
        if (item.code == answer.item && option.code == std::get<ChosenOption>(answer.value).code) {
          sum += option.weight.value_or(0);
        }
      }
    }
  }
  return sum;
}

TEST(RandomForms, ScoreAsTheirAnswersAddUp) {
  Random random(20);
  for (const Instrument* instrument : Registry().Newest()) {
    for (int i = 0; i < kForms; ++i) {
      std::vector<Answer> answers = RandomForm(*instrument, random);
      const Result result = ScoreAnswers(*instrument, answers);
      for (const OutcomeValue& value : result.outcomes) {
        const OutcomeDefinition& outcome = *FindOutcome(*instrument, value.code);
        ASSERT_TRUE(value.position.has_value()) << instrument->code << " " << value.code;
        EXPECT_FALSE(value.incomplete);
        EXPECT_GE(*value.position, outcome.min);
        EXPECT_LE(*value.position, LargestPosition(outcome));
        if (outcome.kind == OutcomeKind::kNumber) {
          EXPECT_EQ(*value.position, SumOf(*instrument, answers));
        }
      }
      std::shuffle(answers.begin(), answers.end(), random);
      EXPECT_EQ(ScoreAnswers(*instrument, answers).outcomes, result.outcomes);
    }
  }
}

// Taking an answer away may leave a result open, but never turns it into another one, except that a stage may be known
// only as a lower limit.
TEST(RandomForms, AMissingAnswerNeverInventsAResult) {
  Random random(21);
  for (const Instrument* instrument : Registry().Newest()) {
    for (int i = 0; i < kForms; ++i) {
      std::vector<Answer> answers = RandomForm(*instrument, random);
      const Result whole = ScoreAnswers(*instrument, answers);
      answers[random() % answers.size()].value = AbsentReason::kDeclined;
      const absl::StatusOr<AnswerSheet> sheet = CheckAnswers(*instrument, answers, "answers");
      ASSERT_TRUE(sheet.ok()) << sheet.status();
      for (const OutcomeValue& value : Score(*instrument, sheet->facts).outcomes) {
        const OutcomeValue* before = OutcomeIn(whole, value.code);
        if (before == nullptr || !value.position.has_value()) continue;
        if (value.incomplete) {
          EXPECT_LE(*value.position, *before->position) << instrument->code << " " << value.code;
        } else {
          EXPECT_EQ(*value.position, *before->position) << instrument->code << " " << value.code;
        }
      }
    }
  }
}

}  // namespace
}  // namespace trellis::assessment
