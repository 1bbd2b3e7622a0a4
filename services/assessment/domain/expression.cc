#include "services/assessment/domain/expression.h"

#include <algorithm>

namespace trellis::assessment {
namespace {

const Fact& FactOf(const std::string& item, const Facts& facts) {
  static const Fact* const left_out = new Fact();
  const auto it = facts.find(item);
  return it == facts.end() ? *left_out : it->second;
}

Interval Sum(const std::vector<Expression>& operands, const Facts& facts) {
  Interval sum;
  for (const Expression& operand : operands) {
    const Interval value = ValueOf(operand, facts);
    sum.low += value.low;
    sum.high += value.high;
  }
  return sum;
}

Interval Count(const std::vector<Expression>& operands, const Facts& facts) {
  Interval count;
  for (const Expression& operand : operands) {
    const Truth truth = Holds(operand, facts);
    if (truth == Truth::kTrue) ++count.low;
    if (truth != Truth::kFalse) ++count.high;
  }
  return count;
}

Truth AtLeast(const Interval& left, const Interval& right) {
  if (left.low >= right.high) return Truth::kTrue;
  return left.high < right.low ? Truth::kFalse : Truth::kUnknown;
}

Truth Chosen(const Expression& condition, const Facts& facts) {
  const Fact& fact = FactOf(condition.item, facts);
  if (fact.kind == Fact::Kind::kAbsent) return Truth::kUnknown;
  return fact.kind == Fact::Kind::kAnswered && fact.option == condition.option ? Truth::kTrue : Truth::kFalse;
}

Truth Not(Truth truth) {
  if (truth == Truth::kUnknown) return truth;
  return truth == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
}

// Kleene's logic: the least true of all, the most true of any.
Truth All(const std::vector<Expression>& operands, const Facts& facts) {
  Truth result = Truth::kTrue;
  for (const Expression& operand : operands) result = std::min(result, Holds(operand, facts));
  return result;
}

Truth Any(const std::vector<Expression>& operands, const Facts& facts) {
  Truth result = Truth::kFalse;
  for (const Expression& operand : operands) result = std::max(result, Holds(operand, facts));
  return result;
}

}  // namespace

bool IsCondition(const Expression& expression) { return expression.op >= Expression::Op::kAtLeast; }

Interval ValueOf(const Expression& expression, const Facts& facts) {
  switch (expression.op) {
    case Expression::Op::kLiteral:
      return {expression.literal, expression.literal};
    case Expression::Op::kWeight:
      return FactOf(expression.item, facts).weight;
    case Expression::Op::kSum:
      return Sum(expression.operands, facts);
    case Expression::Op::kCount:
      return Count(expression.operands, facts);
    default:
      return {};
  }
}

Truth Holds(const Expression& condition, const Facts& facts) {
  const std::vector<Expression>& operands = condition.operands;
  switch (condition.op) {
    case Expression::Op::kAtLeast:
      return AtLeast(ValueOf(operands[0], facts), ValueOf(operands[1], facts));
    case Expression::Op::kAtMost:
      return AtLeast(ValueOf(operands[1], facts), ValueOf(operands[0], facts));
    case Expression::Op::kChosen:
      return Chosen(condition, facts);
    case Expression::Op::kAll:
      return All(operands, facts);
    case Expression::Op::kAny:
      return Any(operands, facts);
    case Expression::Op::kNot:
      return Not(Holds(operands[0], facts));
    default:
      return Truth::kUnknown;
  }
}

}  // namespace trellis::assessment
