#include "services/cli/args.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<Flag> kFlags = {{"person", "who", true}, {"count", "how many"}, {"all", "everything", false, true}};

TEST(Args, ReadsFlagsInBothForms) {
  const auto args = Args::Parse({"--person", "p1", "--count=3", "--all"}, kFlags, "");
  ASSERT_TRUE(args.ok()) << args.status();
  EXPECT_EQ(args->Get("person"), "p1");
  EXPECT_EQ(*args->Int("count"), 3);
  EXPECT_TRUE(args->Has("all"));
}

TEST(Args, ValuesMayBeginWithDashesAndHoldEqualSigns) {
  const auto args = Args::Parse({"--person=a=b", "--count", "-3"}, kFlags, "");
  ASSERT_TRUE(args.ok()) << args.status();
  EXPECT_EQ(args->Get("person"), "a=b");
  EXPECT_EQ(*args->Int("count"), -3);
}

TEST(Args, ListsMayBeRepeatedOrSeparatedByCommas) {
  const auto args = Args::Parse({"--person", "a, b", "--person", "c"}, kFlags, "");
  ASSERT_TRUE(args.ok()) << args.status();
  EXPECT_THAT(args->All("person"), ElementsAre("a", "b", "c"));
}

TEST(Args, NamesEveryMistakeAtOnce) {
  const auto args = Args::Parse({"--perso", "x", "stray", "--count"}, kFlags, "");
  ASSERT_FALSE(args.ok());
  EXPECT_EQ(ReasonOf(args.status()), "USAGE");
  EXPECT_THAT(args.status().message(), HasSubstr("--perso is not a flag"));
  EXPECT_THAT(args.status().message(), HasSubstr("--person is missing"));
  EXPECT_THAT(args.status().message(), HasSubstr("--count needs a value"));
}

TEST(Args, PositionalWordsAreAskedForUnlessTheyMayBeLeftOut) {
  EXPECT_FALSE(Args::Parse({"--person", "x"}, kFlags, "CASE").ok());
  EXPECT_TRUE(Args::Parse({"--person", "x"}, kFlags, "[CASE]").ok());
  EXPECT_EQ(Args::Parse({"c1", "--person", "x"}, kFlags, "CASE")->positional(), "c1");
  EXPECT_FALSE(Args::Parse({"c1", "c2", "--person", "x"}, kFlags, "CASE").ok());
}

TEST(Args, WrongNumbersAndFilesAreNamed) {
  const auto args = Args::Parse({"--person", "/no/such/file", "--count", "three"}, kFlags, "");
  ASSERT_TRUE(args.ok());
  EXPECT_THAT(args->Int("count").status().message(), HasSubstr("--count"));
  EXPECT_THAT(args->File("person").status().message(), HasSubstr("/no/such/file"));
}

}  // namespace
}  // namespace trellis::cli
