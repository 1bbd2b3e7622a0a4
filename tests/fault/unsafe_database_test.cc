// A server that does not write its log at each commit loses acknowledged writes when it is killed, and one that is lax
// in other ways keeps half of a transaction or half of a text. Nothing in our code could make up for it, so no service
// works with one. The settings of a session are our connections' own to set (tests/unit/common/db).
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/fleet.h"

namespace trellis::fault {
namespace {

using ::testing::HasSubstr;

std::string Log(const Fleet& fleet, const std::string& service) {
  std::ostringstream log;
  log << std::ifstream(fleet.LogOf(service)).rdbuf();
  return std::move(log).str();
}

void ExpectRefused(Fleet& fleet, const std::string& service, const std::string& setting) {
  std::vector<std::string> arguments = fleet.ServeArguments(service);
  arguments.push_back("--migrate-on-start");
  EXPECT_EQ(fleet.Run(service, arguments), 1) << service << ", " << setting;
  EXPECT_THAT(Log(fleet, service), HasSubstr(setting)) << service;
}

TEST(UnsafeDatabase, IsRefusedByEveryService) {
  const auto fleet = Fleet::StartDatabase({"--innodb-flush-log-at-trx-commit=0"});
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  for (const std::string& service : Fleet::Services()) {
    ExpectRefused(**fleet, service, "innodb_flush_log_at_trx_commit is 0");
  }
}

TEST(UnsafeDatabase, EachSettingAloneIsReasonEnough) {
  const struct {
    const char* unsafe;
    const char* safe;
    const char* complaint;
  } settings[] = {
      {"innodb_flush_log_at_trx_commit = 2", "innodb_flush_log_at_trx_commit = 1",
       "innodb_flush_log_at_trx_commit is 2"},
      {"sync_binlog = 0", "sync_binlog = 1", "sync_binlog is 0"},
      {"local_infile = ON", "local_infile = OFF", "local_infile is ON"},
      {"character_set_server = latin1", "character_set_server = utf8mb4", "character_set_server is latin1"},
      {"sql_mode = ''", "sql_mode = 'STRICT_TRANS_TABLES'", "sql_mode is "},
  };
  const auto fleet = Fleet::StartDatabase({});
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  for (const auto& setting : settings) {
    ASSERT_TRUE((*fleet)->Sql(std::string("SET GLOBAL ") + setting.unsafe).ok());
    ExpectRefused(**fleet, "identity", setting.complaint);
    ASSERT_TRUE((*fleet)->Sql(std::string("SET GLOBAL ") + setting.safe).ok());
  }
}

// Those that cannot be changed while the server runs.
TEST(UnsafeDatabase, SettingsOfTheStartAreLookedAtToo) {
  for (const char* setting : {"innodb-doublewrite", "innodb-rollback-on-timeout"}) {
    const auto fleet = Fleet::StartDatabase({std::string("--") + setting + "=OFF"});
    ASSERT_TRUE(fleet.ok()) << fleet.status();
    std::string name(setting);
    std::replace(name.begin(), name.end(), '-', '_');
    ExpectRefused(**fleet, "identity", name + " is OFF");
  }
}

}  // namespace
}  // namespace trellis::fault
