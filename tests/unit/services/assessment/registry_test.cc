#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/assessment/domain/instrument_registry.h"
#include "services/assessment/domain/json_reader.h"

namespace trellis::assessment {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json Gad7() {
  for (const EmbeddedFile& file : data::Files()) {
    if (file.name == "gad-7.v1.json") return json::parse(file.content);
  }
  return {};
}

std::string LoadProblem(const std::vector<EmbeddedFile>& instruments, const std::vector<EmbeddedFile>& wordings = {}) {
  const auto loaded = InstrumentRegistry::Load(instruments, wordings);
  return loaded.ok() ? "" : std::string(loaded.status().message());
}

TEST(Registry, HoldsTheFirstSet) {
  const auto registry = InstrumentRegistry::Load(data::Files(), {});
  ASSERT_TRUE(registry.ok()) << registry.status();
  std::vector<std::string> codes;
  for (const Instrument* instrument : registry->Newest()) codes.push_back(instrument->code);
  EXPECT_THAT(codes, ElementsAre("barthel", "c-ssrs-screener", "fast", "gad-7", "phq-9", "pss-10", "wsas"));
}

TEST(Registry, KeepsOldVersionsBesideTheNewest) {
  json second = Gad7();
  second["version"] = 2;
  const auto registry =
      InstrumentRegistry::Load({{"gad-7.v1.json", Gad7().dump()}, {"gad-7.v2.json", second.dump()}}, {});
  ASSERT_TRUE(registry.ok()) << registry.status();
  EXPECT_EQ(registry->Find("gad-7", 0)->version, 2);
  EXPECT_EQ(registry->Find("gad-7", 1)->version, 1);
  EXPECT_EQ(registry->Find("gad-7", 3), nullptr);
  EXPECT_EQ(registry->Find("gad", 0), nullptr);
  EXPECT_EQ(registry->Find("gad-8", 0), nullptr);
  EXPECT_EQ(registry->Newest().size(), 1u);
}

TEST(Registry, ALabelThatOneVersionGivesCountsForAll) {
  json second = Gad7();
  second["version"] = 2;
  second["assessment_labels"] = {"psychiatry", "substance_use"};
  const auto registry =
      InstrumentRegistry::Load({{"gad-7.v1.json", Gad7().dump()}, {"gad-7.v2.json", second.dump()}}, {});
  ASSERT_TRUE(registry.ok()) << registry.status();
  LabelSet labels;
  labels.Add(3);
  labels.Add(4);
  EXPECT_EQ(registry->Find("gad-7", 1)->assessment_labels, labels) << "so it does for what was recorded before";
  EXPECT_EQ(registry->Find("gad-7", 2)->assessment_labels, labels);
}

TEST(Registry, AnUnknownLabelStopsTheService) {
  json wrong = Gad7();
  wrong["assessment_labels"] = {"secret"};
  EXPECT_THAT(LoadProblem({{"gad-7.v1.json", wrong.dump()}}), HasSubstr("there is no label \"secret\""));
}

TEST(Registry, AnOutcomeKeepsItsScaleThroughAllVersions) {
  json second = Gad7();
  second["version"] = 2;
  second["outcomes"][0]["direction"] = "higher_is_better";
  EXPECT_THAT(LoadProblem({{"gad-7.v1.json", Gad7().dump()}, {"gad-7.v2.json", second.dump()}}),
              HasSubstr("gad-7.v2.json: outcome \"total\" is on another scale than in version 1"));
}

TEST(Registry, FilesAreCalledAsTheirContentSays) {
  EXPECT_THAT(LoadProblem({{"gad.json", Gad7().dump()}}), HasSubstr("the file must be called gad-7.v1.json"));
}

TEST(Registry, OneBadFileStopsAllAndNamesItself) {
  std::vector<EmbeddedFile> files = data::Files();
  files.push_back({"zz.v1.json", "{}"});
  EXPECT_THAT(LoadProblem(files), HasSubstr("zz.v1.json: instrument: is missing"));
}

TEST(Wording, NeedsAPermissionWhereTheLicenceAsksForOne) {
  json wording = {{"instrument", "gad-7"},
                  {"version", 1},
                  {"language", "en"},
                  {"items", {{"gad7-1", "How often?"}}},
                  {"options", {{"not-at-all", "Not at all"}}}};
  EXPECT_THAT(LoadProblem(data::Files(), {{"w.json", wording.dump()}}), HasSubstr("w.json: permission: must say"));
  wording["permission"] = "letter of 2026-01-01";
  const auto registry = InstrumentRegistry::Load(data::Files(), {{"w.json", wording.dump()}});
  ASSERT_TRUE(registry.ok()) << registry.status();
  const Item& item = registry->Find("gad-7", 1)->items[0];
  ASSERT_EQ(item.wordings.size(), 1u);
  EXPECT_EQ(item.wordings[0].text, "How often?");
  EXPECT_EQ(item.options[0].wordings[0].language, "en");
}

TEST(Wording, NamesWhatDoesNotExist) {
  const json wording = {{"instrument", "phq-9"}, {"version", 1}, {"language", "en"}, {"items", {{"x", "y"}}}};
  EXPECT_THAT(LoadProblem(data::Files(), {{"w.json", wording.dump()}}),
              HasSubstr("w.json: items.x: there is no such item"));
  const json other = {{"instrument", "phq-10"}, {"version", 1}, {"language", "en"}};
  EXPECT_THAT(LoadProblem(data::Files(), {{"w.json", other.dump()}}), HasSubstr("there is no version 1 of \"phq-10\""));
}

}  // namespace
}  // namespace trellis::assessment
