#include "services/assessment/domain/expression.h"

#include <gtest/gtest.h>

#include "services/assessment/domain/expression_parser.h"

namespace trellis::assessment {
namespace {

Expression Parse(const std::string& text) {
  Problems problems;
  Expression expression = ParseCondition(nlohmann::json::parse(text), "when", &problems);
  EXPECT_TRUE(problems.empty()) << problems.ToStatus("test");
  return expression;
}

Fact Answered(double weight, std::string option = "") { return {Fact::Kind::kAnswered, {weight, weight}, option}; }
Fact Absent(double low, double high) { return {Fact::Kind::kAbsent, {low, high}, ""}; }

TEST(Expression, ComparesKnownWeights) {
  const Facts facts = {{"a", Answered(2)}, {"b", Answered(3)}};
  EXPECT_EQ(Holds(Parse(R"({"at_least": ["a", 2]})"), facts), Truth::kTrue);
  EXPECT_EQ(Holds(Parse(R"({"at_least": ["a", 3]})"), facts), Truth::kFalse);
  EXPECT_EQ(Holds(Parse(R"({"at_most": ["a", 2]})"), facts), Truth::kTrue);
  EXPECT_EQ(Holds(Parse(R"({"at_most": ["a", 1]})"), facts), Truth::kFalse);
  EXPECT_EQ(Holds(Parse(R"({"at_least": [{"sum": ["a", "b"]}, 5]})"), facts), Truth::kTrue);
  EXPECT_EQ(Holds(Parse(R"({"at_least": [{"sum": ["a", "b"]}, 6]})"), facts), Truth::kFalse);
}

TEST(Expression, AMissingAnswerMakesOnlyThoseRulesUnknownThatItDecides) {
  const Facts facts = {{"a", Answered(2)}, {"b", Absent(0, 3)}};
  EXPECT_EQ(Holds(Parse(R"({"at_least": [{"sum": ["a", "b"]}, 2]})"), facts), Truth::kTrue);
  EXPECT_EQ(Holds(Parse(R"({"at_least": [{"sum": ["a", "b"]}, 3]})"), facts), Truth::kUnknown);
  EXPECT_EQ(Holds(Parse(R"({"at_least": [{"sum": ["a", "b"]}, 6]})"), facts), Truth::kFalse);
  const std::string count = R"({"count": [{"at_least": ["a", 1]}, {"at_least": ["b", 1]}]})";
  EXPECT_EQ(Holds(Parse(R"({"at_least": [)" + count + ", 1]}"), facts), Truth::kTrue);
  EXPECT_EQ(Holds(Parse(R"({"at_least": [)" + count + ", 2]}"), facts), Truth::kUnknown);
  EXPECT_EQ(Holds(Parse(R"({"at_most": [)" + count + ", 0]}"), facts), Truth::kFalse);
}

TEST(Expression, FollowsKleenesTables) {
  const Facts facts = {{"yes", Answered(0, "y")}, {"no", Answered(0, "n")}, {"open", Absent(0, 0)}};
  const auto chosen = [](const std::string& item) { return R"({"chosen": [")" + item + R"(", "y"]})"; };
  const auto holds = [&](const std::string& op, const std::string& a, const std::string& b) {
    return Holds(Parse("{\"" + op + "\": [" + chosen(a) + "," + chosen(b) + "]}"), facts);
  };
  EXPECT_EQ(holds("all", "yes", "yes"), Truth::kTrue);
  EXPECT_EQ(holds("all", "yes", "open"), Truth::kUnknown);
  EXPECT_EQ(holds("all", "no", "open"), Truth::kFalse);
  EXPECT_EQ(holds("any", "no", "no"), Truth::kFalse);
  EXPECT_EQ(holds("any", "no", "open"), Truth::kUnknown);
  EXPECT_EQ(holds("any", "yes", "open"), Truth::kTrue);
  EXPECT_EQ(Holds(Parse("{\"not\": " + chosen("open") + "}"), facts), Truth::kUnknown);
  EXPECT_EQ(Holds(Parse("{\"not\": " + chosen("no") + "}"), facts), Truth::kTrue);
}

TEST(Expression, AnItemLeftOutCountsAsZeroAndAsNoOption) {
  EXPECT_EQ(Holds(Parse(R"({"at_least": ["a", 1]})"), {}), Truth::kFalse);
  EXPECT_EQ(Holds(Parse(R"({"chosen": ["a", "yes"]})"), {}), Truth::kFalse);
}

TEST(Expression, SaysWhereItIsMalformed) {
  const auto problem = [](const std::string& text) {
    Problems problems;
    ParseCondition(nlohmann::json::parse(text), "when", &problems);
    return std::string(problems.ToStatus("f").message());
  };
  EXPECT_EQ(problem(R"({"at_least": ["a"]})"), "f: when.at_least: must be a list of two");
  EXPECT_EQ(problem(R"({"all": [{"sum": ["a"]}]})"), "f: when.all[0]: \"sum\" is not a form of a condition");
  EXPECT_EQ(problem(R"({"at_least": [{"all": []}, 1]})"), "f: when.at_least[0]: \"all\" is not a form of a number");
  EXPECT_EQ(problem(R"({"any": []})"), "f: when.any: must be a list that is not empty");
  EXPECT_EQ(problem(R"({"chosen": ["a"]})"), "f: when.chosen: must be [\"item\", \"option\"]");
  EXPECT_EQ(problem("7"), "f: when: must be a condition: an object with one key");
  std::string deep = R"({"chosen": ["a", "b"]})";
  for (int i = 0; i < 100; ++i) deep = R"({"not": )" + deep + "}";
  EXPECT_NE(problem(deep).find("is nested too deeply"), std::string::npos);
}

}  // namespace
}  // namespace trellis::assessment
