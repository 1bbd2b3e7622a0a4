#include "services/identity/domain/text_forms.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FoldText, TakesAwayCaseAccentsAndStrokes) {
  EXPECT_EQ(FoldText("Łukasz ŻÓŁĆ"), "lukasz zolc");
  EXPECT_EQ(FoldText("Straße"), "strasse");
  EXPECT_EQ(FoldText("Søren Kjærgård"), "soren kjaergard");
  EXPECT_EQ(FoldText("ΣΊΣΥΦΟΣ"), FoldText("σίσυφος"));
  EXPECT_EQ(FoldText("İstanbul"), FoldText("istanbul"));
  EXPECT_EQ(FoldText("ＡＢＣ"), "abc");
  EXPECT_EQ(FoldText("ﬁ"), "fi");
}

TEST(FoldText, MakesComposedAndDecomposedFormsOne) {
  EXPECT_EQ(FoldText("Jos\u00e9"), FoldText("Jose\u0301"));
  EXPECT_EQ(FoldText("한글"), FoldText("\u1112\u1161\u11ab\u1100\u1173\u11af"));
}

TEST(FoldText, OfMalformedTextIsEmpty) { EXPECT_EQ(FoldText("a\xC0\xAF"), ""); }

TEST(FoldText, TakesAnEmptyAndALongText) {
  EXPECT_EQ(FoldText(""), "");
  // The code point that grows most under compatibility decomposition.
  std::string ligatures;
  for (int i = 0; i < 200; ++i) ligatures += "\uFDFA";
  EXPECT_FALSE(FoldText(ligatures).empty());
}

TEST(NameWords, PartsAtEverythingButLettersAndDigits) {
  EXPECT_THAT(NameWords("  Marie-Ann  van der Berg, Jr. "), ElementsAre("marie", "ann", "van", "der", "berg", "jr"));
  EXPECT_THAT(NameWords("李 小龙"), ElementsAre("李", "小龙"));
  EXPECT_THAT(NameWords("Anna anna ANNA"), ElementsAre("anna"));
  EXPECT_THAT(NameWords("-- ' .."), IsEmpty());
}

TEST(NameWords, FindsNamesWithAnApostropheEitherWay) {
  EXPECT_THAT(NameWords("O'Neil"), ElementsAre("o", "neil", "oneil"));
  EXPECT_THAT(NameWords("D\u2019Arcy Smith"), ElementsAre("d", "arcy", "darcy", "smith"));
}

TEST(CodePoints, AreCountedAndCut) {
  EXPECT_EQ(CodePoints("żółć"), 4);
  EXPECT_EQ(FirstCodePoints("żółć", 2), "żó");
  EXPECT_EQ(FirstCodePoints("ab", 5), "ab");
  EXPECT_EQ(FirstCodePoints("😀😀", 1), "😀");
}

TEST(CanonicalLogin, FoldsAsciiOnly) {
  EXPECT_EQ(CanonicalLogin("  Amy@Example.ORG "), "amy@example.org");
  EXPECT_EQ(CanonicalLogin("ÄMY@example.org"), "Ämy@example.org");
}

TEST(CanonicalIdentifier, ForgetsHowANumberIsWritten) {
  const std::string expected = CanonicalIdentifier("urn:nhs", "9434765919");
  EXPECT_EQ(CanonicalIdentifier("urn:nhs", "943 476 5919"), expected);
  EXPECT_EQ(CanonicalIdentifier("urn:nhs", "943-476\u2013 5919"), expected);
  EXPECT_NE(CanonicalIdentifier("urn:other", "9434765919"), expected);
  EXPECT_EQ(CanonicalIdentifier("urn:prison", "a1234bc"), CanonicalIdentifier("urn:prison", "A1234BC"));
}

}  // namespace
}  // namespace trellis::identity
