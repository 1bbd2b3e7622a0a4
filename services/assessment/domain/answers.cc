#include "services/assessment/domain/answers.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"

namespace trellis::assessment {
namespace {

std::string NameOf(const Item& item) {
  if (item.ordinal.empty()) return absl::StrCat("item ", item.code);
  return absl::StrCat("item ", item.code, " (", item.ordinal, ")");
}

Fact AbsentFact(const Item& item) { return {Fact::Kind::kAbsent, WeightRange(item), ""}; }

std::string OptionCodes(const Item& item) {
  return absl::StrJoin(item.options, ", ", [](std::string* out, const Option& option) { *out += option.code; });
}

// What an answer says of its item, or what is wrong with it.
struct Reading {
  std::optional<Fact> fact;
  std::string wrong;
};

Reading ReadOption(const Item& item, const ChosenOption& chosen) {
  if (item.type != Item::Type::kChoice) return {std::nullopt, "is not answered with an option"};
  const Option* option = FindOption(item, chosen.code);
  if (option == nullptr) {
    return {std::nullopt, absl::StrCat("has no option \"", chosen.code, "\"; it has: ", OptionCodes(item))};
  }
  const double weight = option->weight.value_or(0);
  return {Fact{Fact::Kind::kAnswered, {weight, weight}, option->code}, ""};
}

Reading ReadNumber(const Item& item, std::int64_t number) {
  if (item.type == Item::Type::kChoice) {
    return {std::nullopt, absl::StrCat("is answered with one of its options: ", OptionCodes(item))};
  }
  if (item.type == Item::Type::kText) return {std::nullopt, "is not answered with a number"};
  if (number < item.min || number > item.max) {
    return {std::nullopt, absl::StrCat("must be ", item.min, " to ", item.max, ", not ", number)};
  }
  const double weight = static_cast<double>(number);
  return {Fact{Fact::Kind::kAnswered, {weight, weight}, ""}, ""};
}

Reading ReadAnswer(const Item& item, const Answer& answer) {
  if (const auto* option = std::get_if<ChosenOption>(&answer.value)) return ReadOption(item, *option);
  if (const auto* number = std::get_if<std::int64_t>(&answer.value)) return ReadNumber(item, *number);
  if (std::holds_alternative<AbsentReason>(answer.value)) return {AbsentFact(item), ""};
  if (item.type != Item::Type::kText) return {std::nullopt, "is not answered with text"};
  return {Fact{Fact::Kind::kAnswered, {}, ""}, ""};
}

class Checker {
 public:
  Checker(const Instrument& instrument, const std::vector<Answer>& answers, absl::string_view path)
      : instrument_(instrument),
        answers_(answers),
        path_(path),
        error_(absl::StatusCode::kInvalidArgument, "INVALID_ANSWERS", "the answers do not fit the instrument") {}

  absl::StatusOr<AnswerSheet> Check() {
    Assign();
    for (const Item& item : instrument_.items) CheckItem(item);
    if (wrong_) return error_;
    return std::move(sheet_);
  }

 private:
  std::string FieldOf(std::size_t index) const { return absl::StrCat(path_, "[", index, "]"); }

  void Wrong(absl::string_view field, absl::string_view description) {
    wrong_ = true;
    error_.Field(field, description);
  }

  // Finds each item's answer; notes answers to unknown items and second answers.
  void Assign() {
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      const std::string& code = answers_[i].item;
      if (FindItem(instrument_, code) == nullptr) {
        Wrong(FieldOf(i) + ".item", absl::StrCat("item ", code, " is not part of ", instrument_.code));
      } else if (const auto [it, inserted] = index_of_.try_emplace(code, i); !inserted) {
        Wrong(FieldOf(i) + ".item", absl::StrCat("item ", code, " is answered twice, first at ", FieldOf(it->second)));
      }
    }
  }

  void CheckItem(const Item& item) {
    const Truth asked = item.asked_when.has_value() ? Holds(*item.asked_when, sheet_.facts) : Truth::kTrue;
    const auto it = index_of_.find(item.code);
    if (it != index_of_.end()) {
      CheckAnswer(item, asked, it->second);
    } else if (asked == Truth::kTrue && !item.optional) {
      Wrong(path_, absl::StrCat(NameOf(item), " has no answer: give one, or say with \"absent\" why there is none"));
      sheet_.facts[item.code] = AbsentFact(item);
    } else if (asked == Truth::kUnknown && !item.optional) {
      sheet_.facts[item.code] = AbsentFact(item);
    }
  }

  void CheckAnswer(const Item& item, Truth asked, std::size_t index) {
    const Answer& answer = answers_[index];
    if (asked == Truth::kFalse) {
      // To say of an item that is not asked that it has no answer is right, and says nothing.
      if (std::holds_alternative<AbsentReason>(answer.value)) return;
      return Wrong(FieldOf(index), absl::StrCat(NameOf(item), " must not be answered here: it is ", item.condition));
    }
    Reading reading = ReadAnswer(item, answer);
    if (!reading.fact.has_value()) {
      Wrong(FieldOf(index), absl::StrCat(NameOf(item), " ", reading.wrong));
      // Later conditions must not complain about what follows from this mistake.
      reading.fact = AbsentFact(item);
    }
    sheet_.facts[item.code] = *std::move(reading.fact);
    sheet_.answers.push_back(answer);
  }

  const Instrument& instrument_;
  const std::vector<Answer>& answers_;
  const std::string path_;
  Error error_;
  bool wrong_ = false;
  absl::flat_hash_map<std::string, std::size_t> index_of_;
  AnswerSheet sheet_;
};

}  // namespace

absl::StatusOr<AnswerSheet> CheckAnswers(const Instrument& instrument, const std::vector<Answer>& answers,
                                         absl::string_view path) {
  return Checker(instrument, answers, path).Check();
}

}  // namespace trellis::assessment
