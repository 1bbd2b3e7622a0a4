// Identifiers are compared byte by byte. In the default collation 'alice', 'ALICE', 'alice ' and 'alicé' are one key,
// so a key of that kind would give one tenant's rows to another.
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/runtime/migrations.h"
#include "common/testing/scratch_database.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/assessment/api/service.h"
#include "services/caseload/api/service.h"
#include "services/directory/api/service.h"
#include "services/identity/api/service.h"
#include "services/referral/api/service.h"

namespace trellis::fault {
namespace {

using testing::ScratchDatabase;

std::vector<runtime::Service> Suite() {
  return {identity::Describe(), directory::Describe(), assessment::Describe(), referral::Describe(),
          caseload::Describe()};
}

// Columns of text that are part of a key, or are called as identifiers are. Every collation, also a binary one, overlooks
// something (blanks at the end, where it pads): what identifies has none, it is VARBINARY.
constexpr char kLooseIdentifiers[] = R"(
  SELECT c.TABLE_NAME, c.COLUMN_NAME, c.COLLATION_NAME
  FROM information_schema.COLUMNS c
  WHERE c.TABLE_SCHEMA = DATABASE()
    AND c.COLLATION_NAME IS NOT NULL
    AND (c.COLUMN_NAME = 'id' OR c.COLUMN_NAME LIKE '%\_id' OR c.COLUMN_NAME LIKE '%\_key' OR
         c.COLUMN_NAME LIKE '%login%' OR
         EXISTS (SELECT 1 FROM information_schema.STATISTICS s
                 WHERE s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME
                   AND s.COLUMN_NAME = c.COLUMN_NAME AND s.NON_UNIQUE = 0))
  LIMIT 1000)";

TEST(IdentifierCollation, NoIdentifierIsComparedLoosely) {
  for (const runtime::Service& service : Suite()) {
    ScratchDatabase database({{"runtime", runtime::migrations::Files()}, {service.name, service.migrations()}});
    std::vector<std::string> loose;
    int columns = 0;
    const absl::Status status = database.pool().Read(absl::Now() + absl::Seconds(20), [&](db::Session& session) {
      const auto rows = session.Query<std::string, std::string, std::string>(kLooseIdentifiers);
      if (!rows.ok()) return rows.status();
      for (const auto& [table, column, collation] : *rows)
        loose.push_back(absl::StrCat(table, ".", column, " ", collation));
      const auto all = session.QueryOne<std::int64_t>(
          "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()");
      if (!all.ok()) return all.status();
      columns = static_cast<int>(std::get<0>(**all));
      return absl::OkStatus();
    });
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_GT(columns, 20) << service.name;
    EXPECT_EQ(absl::StrJoin(loose, "\n"), "") << service.name;
  }
}

// The rule has teeth: a table as it must not be is found.
TEST(IdentifierCollation, ALooseIdentifierIsFound) {
  ScratchDatabase database;
  const absl::Status status = database.pool().Read(absl::Now() + absl::Seconds(20), [&](db::Session& session) {
    absl::Status made = session.ExecuteText("CREATE TABLE loose (code VARCHAR(20) PRIMARY KEY, person_id CHAR(36))");
    if (!made.ok()) return made;
    const auto rows = session.Query<std::string, std::string, std::string>(kLooseIdentifiers);
    if (!rows.ok()) return rows.status();
    EXPECT_EQ(rows->size(), 2U);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace trellis::fault
