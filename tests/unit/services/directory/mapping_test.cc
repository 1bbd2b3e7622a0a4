#include "services/directory/domain/mapping.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(Mapping, KnowsTheOwnKinds) {
  const Mapping& mapping = Mapping::Default();
  EXPECT_EQ(mapping.kinds().size(), 9u);
  EXPECT_THAT(mapping.OfTerm("Trellis-Kinds", "Help_At_Home", "anything").kinds, ElementsAre("help_at_home"));
}

TEST(Mapping, FindsKindsByTheWordsOfATerm) {
  const Mapping& mapping = Mapping::Default();
  EXPECT_THAT(mapping.OfTerm("some other", "X1", "Group Counseling").kinds,
              UnorderedElementsAre("counselling", "group_programme"));
  EXPECT_THAT(mapping.KindsInText("Community Counselling"), ElementsAre("counselling"));
  EXPECT_THAT(mapping.KindsInText("Intergroup discount"), IsEmpty());  // only at the beginning of a word
  EXPECT_THAT(mapping.OfTerm("taxonomy", "code", "name").kinds, IsEmpty());
}

TEST(Mapping, TermsOfDiagnosesAreNeeds) {
  const Mapping::Meaning meaning = Mapping::Default().OfTerm("ICD-10", "F32", "Depressive episode");
  ASSERT_TRUE(meaning.need.has_value());
  EXPECT_EQ(meaning.need->system, "http://hl7.org/fhir/sid/icd-10");
  EXPECT_EQ(meaning.need->code, "F32");
  EXPECT_THAT(meaning.kinds, IsEmpty());
}

TEST(Mapping, LanguagesByTagAndByName) {
  const Mapping& mapping = Mapping::Default();
  EXPECT_EQ(mapping.Language("ur", "Urdu"), "ur");
  EXPECT_EQ(mapping.Language("EN-gb", ""), "en-gb");
  EXPECT_EQ(mapping.Language("eng", ""), "en");
  EXPECT_EQ(mapping.Language("", "Polish"), "pl");
  EXPECT_EQ(mapping.Language("", "Elvish"), std::nullopt);
  EXPECT_EQ(mapping.Language("x'; DROP", ""), std::nullopt);
  EXPECT_EQ(PrimaryLanguage("en-GB"), "en");
}

TEST(Mapping, SaysWhatIsWrongInItsFile) {
  for (const char* bad :
       {"", "[]", "{}", R"({"kinds":[{}],"taxonomies":[],"words":[]})",
        R"({"kinds":[{"code":"other"}],"taxonomies":[],"words":[{"kind":"new","words":["x"]}]})",
        R"({"kinds":[{"code":"other"}],"taxonomies":[{"names":["a"],"gives":"needs"}],"words":[]})"}) {
    EXPECT_FALSE(Mapping::Parse(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace trellis::directory
