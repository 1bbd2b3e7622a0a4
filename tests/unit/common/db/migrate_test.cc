#include "common/db/migrate.h"

#include <thread>

#include "common/db/lease.h"
#include "common/testing/scratch_database.h"
#include "tests/unit/common/db/support.h"

namespace trellis::db {
namespace {

using absl::StatusCode;

const EmbeddedFile kFirst = {"0001_person.sql",
                             "CREATE TABLE person (id INT NOT NULL PRIMARY KEY);\n"
                             "INSERT INTO person (id) VALUES (1);"};
const EmbeddedFile kSecond = {"0002_name.sql",
                              "ALTER TABLE person ADD COLUMN name VARCHAR(20) NULL;"
                              "UPDATE person SET name = 'a;b' WHERE id = 1"};

class MigrateTest : public ::testing::Test {
 protected:
  Pool& pool() { return database_.pool(); }
  absl::Status Check(const std::vector<EmbeddedFile>& files) { return CheckVersion(pool(), Soon(), "test", files); }
  testing::ScratchDatabase database_;
};

TEST_F(MigrateTest, AppliesWhatIsMissing) {
  EXPECT_THAT(Check({kFirst}), Fails(StatusCode::kFailedPrecondition, "SCHEMA_TOO_OLD"));
  EXPECT_THAT(Migrate(pool(), "test", {kFirst}), IsOk());
  EXPECT_THAT(Check({kFirst}), IsOk());
  EXPECT_THAT(Check({kFirst, kSecond}), Fails(StatusCode::kFailedPrecondition, "SCHEMA_TOO_OLD"));
  EXPECT_THAT(Migrate(pool(), "test", {kSecond, kFirst}), IsOk());
  EXPECT_THAT(Migrate(pool(), "test", {kFirst, kSecond}), IsOk());  // again: nothing to do
  EXPECT_THAT(Check({kFirst, kSecond}), IsOk());
  EXPECT_THAT(Check({kFirst}), IsOk());  // a newer schema is fine
  EXPECT_EQ(Number(pool(), "SELECT COUNT(*) FROM person WHERE name = 'a;b'"), 1);
}

TEST_F(MigrateTest, OlderBinaryDoesNothing) {
  EXPECT_THAT(Migrate(pool(), "test", {kFirst, kSecond}), IsOk());
  EXPECT_THAT(Migrate(pool(), "test", {kFirst}), IsOk());
  EXPECT_THAT(Check({kFirst, kSecond}), IsOk());
}

TEST_F(MigrateTest, ComponentsAreIndependent) {
  EXPECT_THAT(Migrate(pool(), "test", {kFirst}), IsOk());
  EXPECT_THAT(Migrate(pool(), "other", {{"0001_other.sql", "CREATE TABLE other (id INT NOT NULL PRIMARY KEY)"}}),
              IsOk());
  EXPECT_THAT(Check({kFirst}), IsOk());
}

TEST_F(MigrateTest, RefusesAChangedFile) {
  EXPECT_THAT(Migrate(pool(), "test", {kFirst}), IsOk());
  const EmbeddedFile changed = {kFirst.name, kFirst.content + " "};
  EXPECT_THAT(Migrate(pool(), "test", {changed}), Fails(StatusCode::kFailedPrecondition, "MIGRATION_CHANGED"));
  EXPECT_THAT(Check({changed}), Fails(StatusCode::kFailedPrecondition, "MIGRATION_CHANGED"));
}

TEST_F(MigrateTest, RefusesOddFiles) {
  for (const std::vector<EmbeddedFile>& files :
       std::vector<std::vector<EmbeddedFile>>{{{"person.sql", "SELECT 1"}},
                                              {{"0002_person.sql", "SELECT 1"}},
                                              {{"0001_a.sql", "SELECT 1"}, {"0001_b.sql", "SELECT 1"}},
                                              {{"0001_a.sql", "-- nothing\n"}}}) {
    EXPECT_THAT(Migrate(pool(), "test", files), Fails(StatusCode::kFailedPrecondition, "MIGRATION_INVALID"));
  }
}

TEST_F(MigrateTest, FailureNamesFileAndStatementAndStops) {
  const EmbeddedFile bad = {"0002_bad.sql", "CREATE TABLE good (id INT NOT NULL PRIMARY KEY); CREATE TABEL bad"};
  const absl::Status status = Migrate(pool(), "test", {kFirst, bad});
  EXPECT_THAT(status, Fails(StatusCode::kFailedPrecondition, "MIGRATION_FAILED"));
  EXPECT_EQ(status.message(), "test/0002_bad.sql, statement 2: database error 1064");
  EXPECT_THAT(Check({kFirst}), IsOk());
  EXPECT_THAT(Check({kFirst, bad}), Fails(StatusCode::kFailedPrecondition, "SCHEMA_TOO_OLD"));
  // The lease was given back: the next one need not wait.
  const absl::Time start = absl::Now();
  EXPECT_FALSE(Migrate(pool(), "test", {kFirst, bad}).ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
}

// A migrator that died leaves its progress; its last statement may be done but not noted.
TEST_F(MigrateTest, GoesOnWhereADeadMigratorStopped) {
  for (int noted : {0, 1}) {
    testing::ScratchDatabase database;
    EXPECT_THAT(Migrate(database.pool(), "test", {kFirst}), IsOk());
    MustRun(database.pool(), absl::StrCat("UPDATE schema_migration SET end_time = NULL, statements_done = ", noted));
    MustRun(database.pool(), "DELETE FROM person");
    EXPECT_THAT(CheckVersion(database.pool(), Soon(), "test", {kFirst}),
                Fails(StatusCode::kFailedPrecondition, "SCHEMA_TOO_OLD"));
    EXPECT_THAT(Migrate(database.pool(), "test", {kFirst}), IsOk());
    EXPECT_EQ(Number(database.pool(), "SELECT COUNT(*) FROM person"), 1);
  }
}

TEST_F(MigrateTest, TwoAtOnceApplyOnce) {
  const EmbeddedFile slow = {"0002_slow.sql",
                             "INSERT INTO person (id) SELECT 100 + SLEEP(0.3); INSERT INTO person (id) VALUES (200)"};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto own = database_.NewPool();
      EXPECT_THAT(Migrate(*own, "test", {kFirst, slow}), IsOk());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Number(pool(), "SELECT COUNT(*) FROM person"), 3);
}

TEST_F(MigrateTest, KeepsItsLeaseThroughALongStatement) {
  const EmbeddedFile slow = {"0002_slow.sql", "INSERT INTO person (id) SELECT 100 + SLEEP(2.5)"};
  const MigrateOptions options = {.lease_term = absl::Milliseconds(1500), .lease_wait = absl::Seconds(20)};
  std::thread other([&] {
    absl::SleepFor(absl::Milliseconds(300));
    const auto own = database_.NewPool();
    EXPECT_THAT(Migrate(*own, "test", {kFirst, slow}, options), IsOk());
  });
  EXPECT_THAT(Migrate(pool(), "test", {kFirst, slow}, options), IsOk());
  other.join();
  EXPECT_EQ(Number(pool(), "SELECT COUNT(*) FROM person"), 2);
  EXPECT_EQ(Number(pool(), "SELECT fence FROM lease WHERE name = 'schema_migration'"), 2);
}

TEST_F(MigrateTest, WaitsNoLongerThanAllowed) {
  MustRead(pool(), [](Session& session) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(CreateLeaseTable(session));
    return AcquireLease(session, "schema_migration", NewId(), absl::Minutes(5)).status();
  });
  EXPECT_THAT(Migrate(pool(), "test", {kFirst}, {.lease_wait = absl::Milliseconds(250)}),
              Fails(StatusCode::kUnavailable, "MIGRATION_FAILED"));
}

}  // namespace
}  // namespace trellis::db
