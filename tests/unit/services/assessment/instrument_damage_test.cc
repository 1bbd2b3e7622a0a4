// Every place of every instrument file, damaged in every way that comes to mind: the file is refused, or it still makes
// an instrument that can be scored. It never crashes and never loads half.
#include <gtest/gtest.h>

#include <functional>

#include "services/assessment/domain/instrument_parser.h"
#include "tests/unit/services/assessment/instruments_for_test.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;

void ForEachPlace(const json& value, const json::json_pointer& place,
                  const std::function<void(const json::json_pointer&)>& visit) {
  visit(place);
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) ForEachPlace(member, place / key, visit);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) ForEachPlace(value[i], place / i, visit);
  }
}

// Answers every item that is asked with its last option.
std::vector<Answer> LastOptions(const Instrument& instrument) {
  std::vector<Answer> answers;
  for (const Item& item : instrument.items) {
    if (item.type == Item::Type::kChoice) answers.push_back({item.code, ChosenOption{item.options.back().code}});
  }
  return answers;
}

TEST(InstrumentDamage, IsRefusedOrHarmless) {
  const std::vector<json> replacements = {nullptr,       true,          -1,           1e300, "",
                                          "x",           json::array(), json::object(), json::array({1, "a"}),
                                          json{{"a", 1}}};
  int refused = 0;
  for (const EmbeddedFile& file : data::Files()) {
    const json good = json::parse(file.content);
    ForEachPlace(good, json::json_pointer(), [&](const json::json_pointer& place) {
      for (const json& replacement : replacements) {
        json damaged = good;
        damaged[place] = replacement;
        const absl::StatusOr<Instrument> parsed = ParseInstrument({file.name, damaged.dump()});
        if (!parsed.ok()) {
          EXPECT_EQ(parsed.status().message().find(file.name), 0u);
          ++refused;
          continue;
        }
        const auto sheet = CheckAnswers(*parsed, LastOptions(*parsed), "answers");
        Score(*parsed, sheet.ok() ? sheet->facts : Facts());
      }
    });
  }
  EXPECT_GT(refused, 5000);
}

}  // namespace
}  // namespace trellis::assessment
