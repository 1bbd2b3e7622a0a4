#include "services/assessment/storage/answer_codec.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "common/base/error.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;

// Form 1: a JSON list with one [item, kind, value] for each answer.
constexpr char kForm = 1;

json ToJson(const Answer& answer) {
  if (const auto* option = std::get_if<ChosenOption>(&answer.value)) return {answer.item, "option", option->code};
  if (const auto* number = std::get_if<std::int64_t>(&answer.value)) return {answer.item, "number", *number};
  if (const auto* text = std::get_if<FreeText>(&answer.value)) return {answer.item, "text", text->text};
  return {answer.item, "absent", static_cast<int>(std::get<AbsentReason>(answer.value))};
}

std::optional<Answer> FromJson(const json& value) {
  if (!value.is_array() || value.size() != 3 || !value[0].is_string() || !value[1].is_string()) return std::nullopt;
  Answer answer;
  answer.item = value[0].get<std::string>();
  const std::string kind = value[1].get<std::string>();
  if (kind == "option" && value[2].is_string()) {
    answer.value = ChosenOption{value[2].get<std::string>()};
  } else if (kind == "number" && value[2].is_number_integer()) {
    answer.value = value[2].get<std::int64_t>();
  } else if (kind == "text" && value[2].is_string()) {
    answer.value = FreeText{value[2].get<std::string>()};
  } else if (kind == "absent" && value[2].is_number_integer()) {
    answer.value = static_cast<AbsentReason>(value[2].get<int>());
  } else {
    return std::nullopt;
  }
  return answer;
}

absl::Status Unreadable() {
  return Error(absl::StatusCode::kDataLoss, "ANSWERS_UNREADABLE", "stored answers cannot be read");
}

}  // namespace

seal::Place AnswersOf(const Id& organization, const Id& person, const Id& assessment) {
  return {{organization, person}, "assessment", "answers", assessment.bytes()};
}

std::string EncodeAnswers(const std::vector<Answer>& answers) {
  json list = json::array();
  for (const Answer& answer : answers) list.push_back(ToJson(answer));
  return kForm + list.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<std::vector<Answer>> DecodeAnswers(absl::string_view bytes) {
  if (bytes.empty() || bytes[0] != kForm) return Unreadable();
  const json list = json::parse(bytes.begin() + 1, bytes.end(), nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return Unreadable();
  std::vector<Answer> answers;
  for (const json& value : list) {
    std::optional<Answer> answer = FromJson(value);
    if (!answer.has_value()) return Unreadable();
    answers.push_back(*std::move(answer));
  }
  return answers;
}

}  // namespace trellis::assessment
