// A wrong instrument file must say where it is wrong, and never load.
#include "services/assessment/domain/instrument_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/assessment/domain/instrument_registry.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json Gad7() {
  for (const EmbeddedFile& file : data::Files()) {
    if (file.name == "gad-7.v1.json") return json::parse(file.content);
  }
  return {};
}

std::string ProblemOf(const json& value) {
  const auto parsed = ParseInstrument({"f.json", value.dump()});
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

// Changes one place of a good file and expects the complaint.
#define EXPECT_PROBLEM(place, new_value, complaint)                          \
  do {                                                                       \
    json changed = Gad7();                                                   \
    changed[json::json_pointer(place)] = json::parse(new_value);             \
    EXPECT_THAT(ProblemOf(changed), HasSubstr(std::string("f.json: ") + (complaint))) << (place); \
  } while (false)

TEST(InstrumentParser, TheUnchangedFileIsGood) { EXPECT_EQ(ProblemOf(Gad7()), ""); }

TEST(InstrumentParser, SaysWhereAPartIsMalformed) {
  EXPECT_PROBLEM("/version", "0", "version: must be 1 to 1000");
  EXPECT_PROBLEM("/version", "\"1\"", "version: must be a whole number");
  EXPECT_PROBLEM("/instrument", "\"gad 7\"", "instrument: must be a code");
  EXPECT_PROBLEM("/colour", "1", "colour: is not known here");
  EXPECT_PROBLEM("/items/0/scale", "\"other\"", "items[0].scale: there is no scale \"other\"");
  EXPECT_PROBLEM("/items/0/text", "true", "items[0].scale: exactly one of");
  EXPECT_PROBLEM("/items/1/optional", "1", "items[1].optional: must be true or false");
  EXPECT_PROBLEM("/items/2/condition", "\"x\"", "items[2].condition: must say for people");
  EXPECT_PROBLEM("/scales/frequency/1/weight", "\"1\"", "scales.frequency[1].weight: must be a number");
  EXPECT_PROBLEM("/outcomes/0/direction", "\"up\"", "outcomes[0].direction: must be one of");
  EXPECT_PROBLEM("/outcomes/0/missing/treatment", "\"guess\"", "outcomes[0].missing.treatment: must be one of");
  EXPECT_PROBLEM("/outcomes/0/reliable_change/value", "-4",
                 "outcomes[0].reliable_change.value: must be greater than 0");
  EXPECT_PROBLEM("/licence/gate", "\"open\"", "licence.gate: must be one of");
  EXPECT_PROBLEM("/outcomes/0/applies_when", "{\"sum\": []}",
                 "outcomes[0].applies_when: \"sum\" is not a form of a condition");
}

TEST(InstrumentParser, SaysWhatIsMissing) {
  for (const char* key : {"instrument", "version", "title", "licence"}) {
    json changed = Gad7();
    changed.erase(key);
    EXPECT_THAT(ProblemOf(changed), HasSubstr(std::string("f.json: ") + key + ": is missing"));
  }
  json changed = Gad7();
  changed["outcomes"][0]["band_systems"][0].erase("source");
  EXPECT_THAT(ProblemOf(changed), HasSubstr("outcomes[0].band_systems[0].source: is missing"));
}

TEST(InstrumentParser, SaysWhatDoesNotFitTogether) {
  EXPECT_PROBLEM("/items/1/code", "\"gad7-1\"", "items[1].code: \"gad7-1\" is there twice");
  EXPECT_PROBLEM("/outcomes/0/sum/0", "\"gad7-9\"", "outcomes[0].sum: there is no scored item \"gad7-9\"");
  EXPECT_PROBLEM("/outcomes/0/sum/0", "\"gad7-2\"", "outcomes[0].sum: \"gad7-2\" is there twice");
  EXPECT_PROBLEM("/scales/frequency/3/weight", "4",
                 "outcomes[0]: declares the range 0 to 21, the weights reach 0 to 28");
  EXPECT_PROBLEM("/outcomes/0/band_systems/0/bands/1/min", "6",
                 "outcomes[0].band_systems[0].bands[1]: must begin one point after");
  EXPECT_PROBLEM("/outcomes/0/band_systems/0/bands/3/max", "20", "outcomes[0].band_systems[0]: the bands must cover");
}

TEST(InstrumentParser, ConditionsReferToEarlierItemsOnly) {
  json changed = Gad7();
  changed["items"][1]["condition"] = "some";
  changed["items"][1]["asked_when"] = {{"at_least", {"gad7-1", 1}}};
  EXPECT_EQ(ProblemOf(changed), "");
  changed["items"][1]["asked_when"] = {{"at_least", {"gad7-3", 1}}};
  EXPECT_THAT(ProblemOf(changed), HasSubstr("items[1].asked_when: there is no item \"gad7-3\" before it"));
  changed["items"][1]["asked_when"] = {{"chosen", {"gad7-1", "always"}}};
  EXPECT_THAT(ProblemOf(changed), HasSubstr("items[1].asked_when: item \"gad7-1\" has no option \"always\""));
}

TEST(InstrumentParser, ReportsAllMistakesAtOnce) {
  json changed = Gad7();
  changed["version"] = 0;
  changed["items"][0].erase("label");
  const std::string problem = ProblemOf(changed);
  EXPECT_THAT(problem, HasSubstr("f.json: version"));
  EXPECT_THAT(problem, HasSubstr("f.json: items[0].label: is missing"));
}

TEST(InstrumentParser, RefusesWhatIsNotJsonAndKeysThatAreThereTwice) {
  EXPECT_EQ(ParseInstrument({"f.json", "{"}).status().message(), "f.json: is not JSON");
  EXPECT_THAT(std::string(ParseInstrument({"f.json", R"({"version": 1, "version": 2})"}).status().message()),
              HasSubstr("has the key \"version\" twice"));
  EXPECT_FALSE(ParseInstrument({"f.json", "[]"}).ok());
  EXPECT_FALSE(ParseInstrument({"f.json", "{\"instrument\": \"\\u202e\"}"}).ok());
}

}  // namespace
}  // namespace trellis::assessment
