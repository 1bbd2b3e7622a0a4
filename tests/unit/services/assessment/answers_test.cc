#include "services/assessment/domain/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/unit/services/assessment/instruments_for_test.h"

namespace trellis::assessment {
namespace {

using testing::HasSubstr;

std::vector<FieldError> Violations(const std::string& instrument, const std::vector<Answer>& answers) {
  const absl::StatusOr<AnswerSheet> sheet = CheckAnswers(InstrumentOf(instrument), answers, "assessment.answers");
  if (sheet.ok()) return {};
  EXPECT_EQ(sheet.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(sheet.status()), "INVALID_ANSWERS");
  return DetailsOf(sheet.status())->fields;
}

std::vector<Answer> Gad7() { return ByPosition(InstrumentOf("gad-7"), {0, 1, 2, 3, 0, 1, 2}); }

TEST(Answers, NamesAnUnknownItem) {
  std::vector<Answer> answers = Gad7();
  answers.push_back({"gad7-8", ChosenOption{"not-at-all"}});
  const auto violations = Violations("gad-7", answers);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "assessment.answers[7].item");
  EXPECT_THAT(violations[0].description, HasSubstr("gad7-8"));
}

TEST(Answers, NamesTheItemOfAWrongOption) {
  std::vector<Answer> answers = Gad7();
  answers[2].value = ChosenOption{"4"};
  const auto violations = Violations("gad-7", answers);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "assessment.answers[2]");
  EXPECT_THAT(violations[0].description, HasSubstr("item gad7-3 (3) has no option \"4\""));
  EXPECT_THAT(violations[0].description, HasSubstr("nearly-every-day"));
}

TEST(Answers, NamesEveryMissingItem) {
  std::vector<Answer> answers = Gad7();
  answers.resize(5);
  const auto violations = Violations("gad-7", answers);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].field, "assessment.answers");
  EXPECT_THAT(violations[0].description, HasSubstr("gad7-6"));
  EXPECT_THAT(violations[1].description, HasSubstr("gad7-7"));
}

TEST(Answers, NamesTheItemAnsweredTwice) {
  std::vector<Answer> answers = Gad7();
  answers.push_back(answers[0]);
  const auto violations = Violations("gad-7", answers);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "assessment.answers[7].item");
  EXPECT_THAT(violations[0].description, HasSubstr("gad7-1 is answered twice"));
}

TEST(Answers, NamesASkippedItemAndItsCondition) {
  const auto violations = Violations("c-ssrs-screener", AnswersOf({{"93246-7", "no"}, {"93247-5", "no"},
                                                                   {"93249-1", "yes"}, {"93267-3", "no"}}));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "assessment.answers[2]");
  EXPECT_THAT(violations[0].description, HasSubstr("93249-1"));
  EXPECT_THAT(violations[0].description, HasSubstr("item 2 is answered with yes"));
}

TEST(Answers, ReportsAllMistakesButNotTheirConsequences) {
  // Item 2 is wrong: whether 3 to 5 had to be asked is open, so nothing is said of them.
  const auto violations = Violations("c-ssrs-screener", AnswersOf({{"93246-7", "maybe"}, {"93247-5", "maybe"},
                                                                   {"93249-1", "yes"}, {"93267-3", "no"}}));
  EXPECT_EQ(violations.size(), 2u);
}

TEST(Answers, RefusesANumberOrTextForAnOption) {
  std::vector<Answer> answers = Gad7();
  answers[0].value = std::int64_t{1};
  answers[1].value = FreeText{"often"};
  EXPECT_EQ(Violations("gad-7", answers).size(), 2u);
}

TEST(Answers, AnAnswerThatIsSaidToBeAbsentIsNotMissing) {
  std::vector<Answer> answers = Gad7();
  answers[3].value = AbsentReason::kDeclined;
  const auto sheet = CheckAnswers(InstrumentOf("gad-7"), answers, "answers");
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  EXPECT_EQ(sheet->answers, answers);
  EXPECT_EQ(sheet->facts.at("gad7-4").kind, Fact::Kind::kAbsent);
  EXPECT_EQ(sheet->facts.at("gad7-4").weight.high, 3);
}

TEST(Answers, AreKeptInTheOrderOfTheForm) {
  std::vector<Answer> answers = Gad7();
  std::reverse(answers.begin(), answers.end());
  EXPECT_EQ(CheckAnswers(InstrumentOf("gad-7"), answers, "answers")->answers, Gad7());
}

}  // namespace
}  // namespace trellis::assessment
