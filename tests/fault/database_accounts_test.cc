// What the accounts that common/scripts/database-accounts makes may do: every account on every schema, every operation.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/db/pool.h"
#include "common/testing/private_mariadb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::fault {
namespace {

const std::vector<std::string>& Services() {
  static const auto* const services =
      new std::vector<std::string>{"identity", "directory", "assessment", "referral", "caseload"};
  return *services;
}

std::string FirstLine(const std::string& path) {
  std::string line;
  std::ifstream in(path);
  std::getline(in, line);
  return line;
}

// A statement on a connection of its own.
absl::Status Execute(const db::Settings& settings, const std::string& sql) {
  db::PoolOptions options;
  options.warm = 0;
  const auto pool = db::Pool::Open(settings, options, nullptr);
  if (!pool.ok()) return pool.status();
  return (*pool)->ReadUnpooled(absl::Now() + absl::Seconds(20), absl::Seconds(20),
                               [&](db::Session& session) { return session.ExecuteText(sql); });
}

class DatabaseAccountsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(::testing::TempDir(), "trellis-accounts-XXXXXX");
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    Shell(absl::StrCat("local-ca '", folder_, "/tls' database"));
    // The server runs as another user where the tests run as root.
    Open(folder_);
    absl::StatusOr<std::unique_ptr<testing::PrivateMariaDb>> server =
        testing::PrivateMariaDb::Start({absl::StrCat("--ssl-ca=", folder_, "/tls/ca.crt"),
                                        absl::StrCat("--ssl-cert=", folder_, "/tls/database/tls.crt"),
                                        absl::StrCat("--ssl-key=", folder_, "/tls/database/tls.key")});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    MakeAccounts();
    for (const std::string& service : Services()) {
      ASSERT_TRUE(
          Execute(As(absl::StrCat(service, "_owner"), service), "CREATE TABLE probe (id INT PRIMARY KEY)").ok());
    }
  }
  void TearDown() override {
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static void Shell(const std::string& script) {
    ASSERT_EQ(std::system(absl::StrCat(TRELLIS_SOURCE_DIR, "/common/scripts/", script).c_str()), 0) << script;
  }
  static void Open(const std::string& folder) {
    using std::filesystem::perms;
    std::filesystem::permissions(folder, perms(0755));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      std::filesystem::permissions(entry.path(), entry.is_directory() ? perms(0755) : perms(0644));
    }
  }
  void MakeAccounts() {
    const std::string sql = folder_ + "/accounts.sql";
    for (int time = 0; time < 2; ++time) {  // a second run finds everything there
      Shell(absl::StrCat("database-accounts '", folder_, "' ", absl::StrJoin(Services(), " "), " > '", sql, "'"));
      std::ifstream in(sql);
      for (std::string line; std::getline(in, line);) {
        const absl::Status status = Execute(server_->OverSocket(), line);
        ASSERT_TRUE(status.ok()) << status;
      }
    }
  }

  // account: "identity" or "identity_owner".
  db::Settings As(const std::string& account, const std::string& schema, bool with_tls = true) const {
    const bool owner = account.size() > 6 && account.substr(account.size() - 6) == "_owner";
    db::Settings settings = server_->OverTcp();
    settings.user = absl::StrCat("trellis_", account);
    const std::string name = owner ? absl::StrCat(account.substr(0, account.size() - 6), "-owner") : account;
    settings.password = FirstLine(absl::StrCat(folder_, "/db-", name));
    settings.schema = schema.empty() ? "" : absl::StrCat("trellis_", schema);
    if (with_tls) settings.tls_ca = folder_ + "/tls/ca.crt";
    return settings;
  }

  std::string folder_;
  std::unique_ptr<testing::PrivateMariaDb> server_;
};

struct Operation {
  const char* name;
  const char* sql;  // $ is the schema
  bool rows;        // works with rows; otherwise it changes the schema
};

constexpr Operation kOperations[] = {
    {"insert", "INSERT IGNORE INTO $.probe VALUES (1)", true},
    {"select", "DO (SELECT COUNT(*) FROM $.probe)", true},
    {"update", "UPDATE $.probe SET id = 1", true},
    {"delete", "DELETE FROM $.probe WHERE id = 2", true},
    {"alter", "ALTER TABLE $.probe COMMENT 'x'", false},
    {"index", "CREATE OR REPLACE INDEX probe_id ON $.probe (id)", false},
    {"create", "CREATE TABLE IF NOT EXISTS $.other (id INT PRIMARY KEY)", false},
    {"drop", "DROP TABLE IF EXISTS $.other", false},
    {"truncate", "TRUNCATE TABLE $.probe", false},
    {"view", "CREATE OR REPLACE VIEW $.looking AS SELECT 1 AS one", false},
};

TEST_F(DatabaseAccountsTest, EachMayDoWhatItNeedsInItsOwnSchemaAndNothingElsewhere) {
  int cells = 0, open = 0;
  for (const std::string& service : Services()) {
    for (const bool owner : {false, true}) {
      const std::string account = absl::StrCat(service, owner ? "_owner" : "");
      for (const std::string& schema : Services()) {
        for (const Operation& operation : kOperations) {
          const std::string sql = absl::StrCat(operation.sql);
          const std::size_t mark = sql.find('$');
          const absl::Status status =
              Execute(As(account, ""), absl::StrCat(sql.substr(0, mark), "trellis_", schema, sql.substr(mark + 1)));
          const bool expected = schema == service && (owner || operation.rows);
          EXPECT_EQ(status.ok(), expected) << account << ": " << operation.name << " in " << schema << ": " << status;
          ++cells;
          open += status.ok() ? 1 : 0;
        }
      }
    }
  }
  std::printf("%d cells, %d open\n", cells, open);
}

TEST_F(DatabaseAccountsTest, NoneHasRightsOverTheServer) {
  for (const std::string& service : Services()) {
    for (const char* suffix : {"", "_owner"}) {
      const std::string account = absl::StrCat(service, suffix);
      ASSERT_TRUE(Execute(As(account, service), "DO 1").ok()) << account;
      for (const std::string& sql :
           {absl::StrCat("SELECT 1 INTO OUTFILE '", folder_, "/out'"),
            absl::StrCat("LOAD DATA INFILE '", folder_, "/accounts.sql' INTO TABLE probe"),
            absl::StrCat("LOAD DATA LOCAL INFILE '", folder_, "/accounts.sql' INTO TABLE probe"),
            std::string("CREATE USER mallory"), std::string("CREATE DATABASE elsewhere"),
            std::string("GRANT ALL ON *.* TO CURRENT_USER"), std::string("SET GLOBAL local_infile = ON"),
            std::string("SET GLOBAL sync_binlog = 0"), std::string("FLUSH SSL"), std::string("SHUTDOWN"),
            std::string("DO (SELECT COUNT(*) FROM mysql.user)"),
            std::string("DO (SELECT COUNT(*) FROM mysql.global_priv)")}) {
        EXPECT_FALSE(Execute(As(account, service), sql).ok()) << account << ": " << sql;
      }
    }
  }
}

TEST_F(DatabaseAccountsTest, NoneGetsInWithoutTlsOrWithAnothersPassword) {
  for (const std::string& service : Services()) {
    EXPECT_FALSE(Execute(As(service, service, /*with_tls=*/false), "DO 1").ok()) << service;
    db::Settings settings = As(service, service);
    settings.password = As(service + "_owner", service).password;
    EXPECT_FALSE(Execute(settings, "DO 1").ok()) << service;
  }
}

}  // namespace
}  // namespace trellis::fault
