// Answers to the items of an instrument: what they may be, and which of them fit together.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_ANSWERS_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_ANSWERS_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/assessment/domain/expression.h"
#include "services/assessment/domain/instrument.h"

namespace trellis::assessment {

struct ChosenOption {
  std::string code;
  friend bool operator==(const ChosenOption&, const ChosenOption&) = default;
};

struct FreeText {
  std::string text;
  friend bool operator==(const FreeText&, const FreeText&) = default;
};

// Why there is no answer. The numbers are kept in the database.
enum class AbsentReason { kDeclined = 1, kUnknown = 2, kNotAsked = 3 };

struct Answer {
  std::string item;
  std::variant<ChosenOption, std::int64_t, FreeText, AbsentReason> value;
  friend bool operator==(const Answer&, const Answer&) = default;
};

// Answers that fit the instrument.
struct AnswerSheet {
  std::vector<Answer> answers;  // in the order of the instrument; without those to items that are not asked
  Facts facts;                  // what they say, for every item
};

// Checks answers against an instrument. Errors: INVALID_ARGUMENT "INVALID_ANSWERS" with a violation for each wrong
// answer; the violation's field is `path` or `path[i]`, its description names the item.
absl::StatusOr<AnswerSheet> CheckAnswers(const Instrument& instrument, const std::vector<Answer>& answers,
                                         absl::string_view path);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_ANSWERS_H_
