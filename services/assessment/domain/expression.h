// The small language in which instrument files write their rules ("at least five symptoms, one of them a core
// symptom"). An expression is evaluated over what is known of the answers. A missing answer does not make a rule fail
// silently: it stands for every value that it could have had, and a rule is unknown only where that makes a difference.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_EXPRESSION_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_EXPRESSION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace trellis::assessment {

enum class Truth { kFalse, kUnknown, kTrue };

// All values from `low` to `high`. A known value has both equal.
struct Interval {
  double low = 0;
  double high = 0;
};

// What is known of one item.
struct Fact {
  enum class Kind {
    kLeftOut,   // not asked because of a condition, or optional: counts as zero and as no option
    kAnswered,  // `weight` is one value; `option` is set for items with options
    kAbsent,    // should have been answered: `weight` spans all that it could have been
  };
  Kind kind = Kind::kLeftOut;
  Interval weight;
  std::string option;
};

// By item code.
using Facts = absl::flat_hash_map<std::string, Fact>;

// A value type. Thread-safe as long as it is not changed.
struct Expression {
  enum class Op {
    // Numbers.
    kLiteral,  // `literal`
    kWeight,   // the weight of the answer to `item`
    kSum,      // of `operands` (numbers)
    kCount,    // how many of `operands` (conditions) hold
    // Conditions.
    kAtLeast,  // first of `operands` >= second (numbers)
    kAtMost,   // first of `operands` <= second (numbers)
    kChosen,   // `item` was answered with `option`
    kAll,      // of `operands` (conditions)
    kAny,      // of `operands` (conditions)
    kNot,      // the only one of `operands` (condition)
  };

  Op op = Op::kLiteral;
  double literal = 0;
  std::string item;
  std::string option;
  std::vector<Expression> operands;
};

// True where the expression is a condition, false where it is a number.
bool IsCondition(const Expression& expression);

// The value of a number; must not be called for a condition. Items that `facts` does not know count as left out.
Interval ValueOf(const Expression& expression, const Facts& facts);

// Whether a condition holds; must not be called for a number.
Truth Holds(const Expression& condition, const Facts& facts);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_EXPRESSION_H_
