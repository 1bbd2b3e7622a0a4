#include "services/assessment/storage/answer_codec.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;

// Form 1: a JSON list with one [item, kind, value] for each answer.
constexpr char kForm = 1;

// Codes are plain; only what people write needs the library's care.
std::string Quoted(const std::string& text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  return plain ? absl::StrCat("\"", text, "\"") : json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Encode(const Answer& answer) {
  const auto line = [&](absl::string_view kind, absl::string_view value) {
    return absl::StrCat("[", Quoted(answer.item), ",\"", kind, "\",", value, "]");
  };
  if (const auto* option = std::get_if<ChosenOption>(&answer.value)) return line("option", Quoted(option->code));
  if (const auto* number = std::get_if<std::int64_t>(&answer.value)) return line("number", absl::StrCat(*number));
  if (const auto* text = std::get_if<FreeText>(&answer.value)) return line("text", Quoted(text->text));
  return line("absent", absl::StrCat(static_cast<int>(std::get<AbsentReason>(answer.value))));
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
  std::string out(1, kForm);
  out.push_back('[');
  for (const Answer& answer : answers) absl::StrAppend(&out, out.size() > 2 ? "," : "", Encode(answer));
  out.push_back(']');
  return out;
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
