#include "services/directory/domain/json_text.h"

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::directory {
namespace {

std::string Repeat(absl::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out.append(piece.data(), piece.size());
  return out;
}

TEST(ParseJson, TakesJsonWithAndWithoutByteOrderMark) {
  EXPECT_TRUE(ParseJson("[1,{\"a\":\"}]\"}]").ok());
  EXPECT_TRUE(ParseJson("\xEF\xBB\xBF{}").ok());
}

TEST(ParseJson, SaysWhereTheTextBreaks) {
  const absl::Status status = ParseJson("{\"a\": 1,, }").status();
  EXPECT_EQ(ReasonOf(status), "MALFORMED_PACKAGE");
  EXPECT_NE(std::string(status.message()).find("byte 9"), std::string::npos) << status;
}

TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const char* bad : {"", " ", "nul", "{", "[1", "\"x", "{\"a\"}", "[1]]", "\xff\xfe", "[\"\xc0\xaf\"]", "[NaN]",
                          "[1e999]", "{'a':1}", "[\"\\ud800\"]", "]"}) {
    EXPECT_EQ(ReasonOf(ParseJson(bad).status()), "MALFORMED_PACKAGE") << bad;
  }
}

TEST(ParseJson, BoundsDepthValuesAndSize) {
  EXPECT_TRUE(ParseJson(Repeat("[", 64) + Repeat("]", 64)).ok());
  EXPECT_EQ(ReasonOf(ParseJson(Repeat("[", 65) + Repeat("]", 65)).status()), "MALFORMED_PACKAGE");
  // A million levels must neither take the stack nor minutes.
  EXPECT_EQ(ReasonOf(ParseJson(Repeat("{\"a\":", 1'000'000)).status()), "MALFORMED_PACKAGE");
  JsonLimits limits;
  limits.values = 10;
  EXPECT_TRUE(ParseJson("[1,2,3,4,5,6,7,8,9]", limits).ok());
  EXPECT_EQ(ReasonOf(ParseJson("[1,2,3,4,5,6,7,8,9,10,11]", limits).status()), "MALFORMED_PACKAGE");
  limits.bytes = 5;
  EXPECT_EQ(ReasonOf(ParseJson("[1,2,3]", limits).status()), "PACKAGE_TOO_LARGE");
}

TEST(ParseJson, BracketsInsideTextAreNoDepth) {
  EXPECT_TRUE(ParseJson("[\"" + Repeat("[", 500) + "\\\"" + Repeat("{", 500) + "\"]").ok());
}

}  // namespace
}  // namespace trellis::directory
