#include "services/assessment/domain/expression_parser.h"

#include <vector>

#include "absl/strings/str_cat.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;
using Op = Expression::Op;

constexpr int kMaxDepth = 16;

struct Form {
  const char* key;
  Op op;
  bool condition;           // what the expression itself is
  bool condition_operands;  // what its operands are
  std::size_t operands;     // 0: one or more
};

constexpr Form kForms[] = {
    {"sum", Op::kSum, false, false, 0},         {"count", Op::kCount, false, true, 0},
    {"at_least", Op::kAtLeast, true, false, 2}, {"at_most", Op::kAtMost, true, false, 2},
    {"all", Op::kAll, true, true, 0},           {"any", Op::kAny, true, true, 0},
    {"not", Op::kNot, true, true, 1},
};

class Parser {
 public:
  explicit Parser(Problems* problems) : problems_(problems) {}

  Expression Parse(const json& value, const std::string& path, bool condition, int depth) {
    if (depth > kMaxDepth) return Wrong(path, "is nested too deeply");
    if (!condition && value.is_number()) return Literal(value.get<double>());
    if (!condition && value.is_string()) return Weight(value.get<std::string>());
    if (!value.is_object() || value.size() != 1) {
      return Wrong(path, condition ? "must be a condition: an object with one key" : "must be a number");
    }
    const std::string key = value.begin().key();
    if (condition && key == "chosen") return Chosen(value.begin().value(), absl::StrCat(path, ".", key));
    for (const Form& form : kForms) {
      if (form.condition == condition && key == form.key) {
        return Operands(form, value.begin().value(), absl::StrCat(path, ".", key), depth);
      }
    }
    return Wrong(path, absl::StrCat("\"", key, "\" is not a form of a ", condition ? "condition" : "number"));
  }

 private:
  Expression Wrong(const std::string& path, absl::string_view what) {
    problems_->Add(path, what);
    return {};
  }

  static Expression Literal(double value) {
    Expression expression;
    expression.literal = value;
    return expression;
  }

  static Expression Weight(std::string item) {
    Expression expression;
    expression.op = Op::kWeight;
    expression.item = std::move(item);
    return expression;
  }

  Expression Chosen(const json& value, const std::string& path) {
    if (!value.is_array() || value.size() != 2 || !value[0].is_string() || !value[1].is_string()) {
      return Wrong(path, "must be [\"item\", \"option\"]");
    }
    Expression expression;
    expression.op = Op::kChosen;
    expression.item = value[0].get<std::string>();
    expression.option = value[1].get<std::string>();
    return expression;
  }

  Expression Operands(const Form& form, const json& value, const std::string& path, int depth) {
    Expression expression;
    expression.op = form.op;
    if (form.operands == 1) {
      expression.operands.push_back(Parse(value, path, form.condition_operands, depth + 1));
      return expression;
    }
    if (!value.is_array() || value.empty() || (form.operands != 0 && value.size() != form.operands)) {
      return Wrong(path, form.operands == 0 ? "must be a list that is not empty" : "must be a list of two");
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      expression.operands.push_back(
          Parse(value[i], absl::StrCat(path, "[", i, "]"), form.condition_operands, depth + 1));
    }
    return expression;
  }

  Problems* const problems_;
};

}  // namespace

Expression ParseCondition(const json& value, const std::string& path, Problems* problems) {
  return Parser(problems).Parse(value, path, /*condition=*/true, 0);
}

}  // namespace trellis::assessment
