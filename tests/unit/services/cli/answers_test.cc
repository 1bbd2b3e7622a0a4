#include "services/cli/answers.h"

#include <sstream>

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::cli {
namespace {

using assessment::v1::Assessment;
using assessment::v1::Instrument;
using assessment::v1::Item;

Instrument Sample() {
  Instrument instrument;
  Item& mood = *instrument.add_items();
  mood.set_code("44255-8");
  mood.set_ordinal("2");
  mood.set_label("Low mood");
  mood.set_type(Item::TYPE_CHOICE);
  for (int weight = 0; weight < 3; ++weight) {
    auto& option = *mood.add_options();
    option.set_code(weight == 0 ? "never" : weight == 1 ? "sometimes" : "often");
    option.set_weight(weight);
  }
  Item& days = *instrument.add_items();
  days.set_code("days");
  days.set_ordinal("3");
  days.set_type(Item::TYPE_INTEGER);
  return instrument;
}

TEST(ReadAnswers, TakesItemsByCodeOrNumberAndOptionsByCodeOrWeight) {
  for (const char* text : {"44255-8=often", "2=often", "2 = 2  # a comment", "\n# only this\n44255-8=2\n"}) {
    Assessment assessment;
    ASSERT_TRUE(ReadAnswers(text, Sample(), assessment).ok()) << text;
    ASSERT_EQ(assessment.answers_size(), 1) << text;
    EXPECT_EQ(assessment.answers(0).item(), "44255-8");
    EXPECT_EQ(assessment.answers(0).option(), "often");
  }
}

TEST(ReadAnswers, ReadsNumbers) {
  Assessment assessment;
  ASSERT_TRUE(ReadAnswers("days=12", Sample(), assessment).ok());
  EXPECT_EQ(assessment.answers(0).number(), 12);
}

TEST(ReadAnswers, LeavesJudgementOfUnknownItemsToTheService) {
  Assessment assessment;
  ASSERT_TRUE(ReadAnswers("99=x", Sample(), assessment).ok());
  EXPECT_EQ(assessment.answers(0).item(), "99");
  EXPECT_EQ(assessment.answers(0).option(), "x");
}

TEST(ReadAnswers, NamesTheLineThatItCannotRead) {
  Assessment assessment;
  const absl::Status status = ReadAnswers("2=1\nnonsense\n", Sample(), assessment);
  EXPECT_EQ(ReasonOf(status), "USAGE");
  EXPECT_NE(std::string(status.message()).find("line 2"), std::string::npos);
}

TEST(AskAnswers, AsksItemByItemAndLeavesOutEmptyOnes) {
  std::istringstream typed("\n5\n");
  std::ostringstream shown;
  Assessment assessment;
  AskAnswers(typed, shown, Sample(), assessment);
  ASSERT_EQ(assessment.answers_size(), 1);
  EXPECT_EQ(assessment.answers(0).item(), "days");
  EXPECT_EQ(assessment.answers(0).number(), 5);
  EXPECT_NE(shown.str().find("2. Low mood"), std::string::npos);
}

}  // namespace
}  // namespace trellis::cli
