// A server that does not write its log at each commit loses acknowledged writes when it is killed. Nothing in our code
// could make up for it, so no service works with one.
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/fleet.h"

namespace trellis::fault {
namespace {

TEST(UnsafeDatabase, IsRefusedByEveryService) {
  const auto fleet = Fleet::StartDatabase({"--innodb-flush-log-at-trx-commit=0"});
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  for (const std::string& service : Fleet::Services()) {
    std::vector<std::string> arguments = (*fleet)->ServeArguments(service);
    arguments.push_back("--migrate-on-start");
    EXPECT_EQ((*fleet)->Run(service, arguments), 1) << service;
    std::ostringstream log;
    log << std::ifstream((*fleet)->LogOf(service)).rdbuf();
    EXPECT_THAT(log.str(), ::testing::HasSubstr("innodb_flush_log_at_trx_commit")) << service;
  }
}

}  // namespace
}  // namespace trellis::fault
