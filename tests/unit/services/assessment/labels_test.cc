// An instrument's labels, on their way from its file to what is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "services/assessment/api/assessment_convert.h"
#include "services/assessment/api/instrument_convert.h"
#include "services/assessment/domain/instrument_registry.h"

namespace trellis::assessment {
namespace {

using options::v1::SECURITY_LABEL_HIV;
using options::v1::SECURITY_LABEL_SUBSTANCE_USE;
using options::v1::SecurityLabel;
using ::testing::ElementsAre;

InstrumentRegistry Labelled(const std::vector<std::string>& codes) {
  for (const EmbeddedFile& file : data::Files()) {
    if (file.name != "gad-7.v1.json") continue;
    auto content = nlohmann::json::parse(file.content);
    content["assessment_labels"] = codes;
    const std::string text = content.dump();
    return *InstrumentRegistry::Load({{"gad-7.v1.json", text}}, {});
  }
  ADD_FAILURE() << "no such file";
  return {};
}

Assessment Gad7(LabelSet labels) {
  Assessment assessment;
  assessment.instrument = "gad-7";
  assessment.instrument_version = 1;
  assessment.result.outcomes = {{"total", 12, false}};
  assessment.labels = labels;
  return assessment;
}

TEST(InstrumentLabels, AreNamedAsInTheContract) {
  for (int label = 1; label <= options::v1::SecurityLabel_MAX; ++label) {
    std::string name = options::v1::SecurityLabel_Name(static_cast<SecurityLabel>(label));
    name = absl::AsciiStrToLower(absl::StripPrefix(name, "SECURITY_LABEL_"));
    const InstrumentRegistry registry = Labelled({name});
    EXPECT_THAT(ToProto(*registry.Find("gad-7", 0)).assessment_labels(), ElementsAre(label)) << name;
  }
}

TEST(InstrumentLabels, JoinThoseOfAnAssessmentWheneverItWasRecorded) {
  const InstrumentRegistry registry = Labelled({"substance_use"});
  const Instrument& instrument = *registry.Find("gad-7", 0);
  LabelSet own;
  EXPECT_THAT(ToProto(instrument, Gad7(own), {}).labels(), ElementsAre(SECURITY_LABEL_SUBSTANCE_USE));
  own.Add(SECURITY_LABEL_HIV);
  const v1::Assessment told = ToProto(instrument, Gad7(own), {});
  EXPECT_THAT(told.labels(), ElementsAre(SECURITY_LABEL_SUBSTANCE_USE, SECURITY_LABEL_HIV));
  EXPECT_THAT(EventOf(told, true).labels(), ElementsAre(SECURITY_LABEL_SUBSTANCE_USE, SECURITY_LABEL_HIV));
}

TEST(InstrumentLabels, GoWithEachDifferenceAndTheEventSaysSo) {
  const InstrumentRegistry registry = Labelled({"substance_use"});
  storage::Point before;
  before.position = 3;
  before.labels.Add(SECURITY_LABEL_HIV);
  const v1::Assessment told =
      ToProto(*registry.Find("gad-7", 0), Gad7(LabelSet()), {{"total", {before, std::nullopt}}});
  EXPECT_THAT(told.outcomes(0).change_from_baseline().labels(),
              ElementsAre(SECURITY_LABEL_SUBSTANCE_USE, SECURITY_LABEL_HIV));
  EXPECT_THAT(EventOf(told, true).outcomes(0).change_labels(),
              ElementsAre(SECURITY_LABEL_SUBSTANCE_USE, SECURITY_LABEL_HIV));
}

}  // namespace
}  // namespace trellis::assessment
