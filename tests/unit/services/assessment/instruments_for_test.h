// Short ways to answer instruments in tests.
#ifndef TRELLIS_TESTS_UNIT_SERVICES_ASSESSMENT_INSTRUMENTS_FOR_TEST_H_
#define TRELLIS_TESTS_UNIT_SERVICES_ASSESSMENT_INSTRUMENTS_FOR_TEST_H_

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "services/assessment/domain/answers.h"
#include "services/assessment/domain/instrument_registry.h"
#include "services/assessment/domain/scoring.h"

namespace trellis::assessment {

// The instruments that the service carries.
inline const InstrumentRegistry& Registry() {
  static const auto* const registry = [] {
    absl::StatusOr<InstrumentRegistry> loaded = InstrumentRegistry::Load(data::Files(), {});
    if (!loaded.ok()) {
      std::cerr << loaded.status().message() << std::endl;
      std::abort();
    }
    return new InstrumentRegistry(*std::move(loaded));
  }();
  return *registry;
}

inline const Instrument& InstrumentOf(const std::string& code) {
  const Instrument* instrument = Registry().Find(code, 0);
  if (instrument == nullptr) std::abort();
  return *instrument;
}

using Chosen = std::vector<std::pair<std::string, std::string>>;

inline std::vector<Answer> AnswersOf(const Chosen& chosen) {
  std::vector<Answer> answers;
  for (const auto& [item, option] : chosen) answers.push_back({item, ChosenOption{option}});
  return answers;
}

// Answers items in the order of the form, each with the option at its position; optional items are passed over.
inline std::vector<Answer> ByPosition(const Instrument& instrument, const std::vector<int>& positions) {
  std::vector<Answer> answers;
  std::size_t next = 0;
  for (const Item& item : instrument.items) {
    if (next == positions.size()) break;
    if (item.optional) continue;
    answers.push_back({item.code, ChosenOption{item.options[positions[next++]].code}});
  }
  return answers;
}

inline Result ScoreAnswers(const Instrument& instrument, const std::vector<Answer>& answers) {
  absl::StatusOr<AnswerSheet> sheet = CheckAnswers(instrument, answers, "answers");
  if (!sheet.ok()) {
    std::cerr << sheet.status() << std::endl;
    std::abort();
  }
  return Score(instrument, sheet->facts);
}

// nullptr where the outcome does not apply.
inline const OutcomeValue* OutcomeIn(const Result& result, const std::string& code) {
  for (const OutcomeValue& value : result.outcomes) {
    if (value.code == code) return &value;
  }
  return nullptr;
}

// The code of the stage, "" where there is no value.
inline std::string StageIn(const Instrument& instrument, const Result& result, const std::string& code) {
  const OutcomeValue* value = OutcomeIn(result, code);
  if (value == nullptr || !value->position.has_value()) return "";
  return FindOutcome(instrument, code)->stages[static_cast<std::size_t>(*value->position)].code;
}

}  // namespace trellis::assessment

#endif  // TRELLIS_TESTS_UNIT_SERVICES_ASSESSMENT_INSTRUMENTS_FOR_TEST_H_
