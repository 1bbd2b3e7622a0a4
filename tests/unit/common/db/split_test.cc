#include "common/db/migrate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::db {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SplitStatementsTest, PartsAtSemicolons) {
  EXPECT_THAT(SplitStatements("CREATE TABLE a (x INT);\n\nINSERT INTO a VALUES (1)"),
              ElementsAre("CREATE TABLE a (x INT)", "INSERT INTO a VALUES (1)"));
  EXPECT_THAT(SplitStatements(" ;; \n; "), IsEmpty());
}

TEST(SplitStatementsTest, LeavesQuotesWhole) {
  EXPECT_THAT(SplitStatements("SELECT 'a;b', \"c;d\", `e;f`;SELECT 2"),
              ElementsAre("SELECT 'a;b', \"c;d\", `e;f`", "SELECT 2"));
  EXPECT_THAT(SplitStatements(R"(SELECT 'it''s; \'; still', '\\';SELECT 2)"),
              ElementsAre(R"(SELECT 'it''s; \'; still', '\\')", "SELECT 2"));
}

TEST(SplitStatementsTest, DropsComments) {
  EXPECT_THAT(
      SplitStatements("-- one; two\n# three;\n/* four; */ SELECT 1 -- five;\n;--\nSELECT '-- no comment' /* end"),
      ElementsAre("SELECT 1", "SELECT '-- no comment'"));
  EXPECT_THAT(SplitStatements("SELECT 1--1"), ElementsAre("SELECT 1--1"));  // a double minus is no comment
}

}  // namespace
}  // namespace trellis::db
