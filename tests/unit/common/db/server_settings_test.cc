#include "common/db/server_settings.h"

#include "absl/strings/match.h"
#include "common/testing/private_mariadb.h"
#include "tests/unit/common/db/support.h"

namespace trellis::db {
namespace {

using absl::StatusCode;

absl::Status CheckWith(const Settings& settings, absl::string_view change = "") {
  const auto pool = *Pool::Open(settings, {}, nullptr);
  return pool->Read(Soon(), [&](Session& session) -> absl::Status {
    if (!change.empty()) TRELLIS_RETURN_IF_ERROR(session.ExecuteText(change));
    return CheckServerSettings(session);
  });
}

TEST(ServerSettingsTest, SharedTestServerIsSafe) { EXPECT_THAT(CheckWith(testing::PrivateMariaDb::Shared()), IsOk()); }

TEST(ServerSettingsTest, EachUnsafeSettingIsRefusedByName) {
  const auto server = testing::PrivateMariaDb::Start();
  ASSERT_THAT(server.status(), IsOk());
  const Settings settings = (*server)->OverSocket();
  EXPECT_THAT(CheckWith(settings), IsOk());

  struct Case {
    std::string name, unsafe, safe;
  };
  for (const Case& c : std::vector<Case>{
           {"innodb_flush_log_at_trx_commit", "2", "1"},
           {"innodb_flush_log_at_trx_commit", "0", "1"},
           {"sync_binlog", "0", "1"},
           {"local_infile", "ON", "OFF"},
           {"character_set_server", "latin1", "utf8mb4"},
           {"sql_mode", "''", "'STRICT_TRANS_TABLES'"},
       }) {
    const absl::Status status = CheckWith(settings, absl::StrCat("SET GLOBAL ", c.name, " = ", c.unsafe));
    EXPECT_THAT(status, Fails(StatusCode::kFailedPrecondition, "UNSAFE_DATABASE")) << c.name;
    EXPECT_TRUE(absl::StrContains(status.message(), c.name)) << status;
    EXPECT_THAT(CheckWith(settings, absl::StrCat("SET GLOBAL ", c.name, " = ", c.safe)), IsOk());
  }
  for (const Case& c : std::vector<Case>{{"innodb_lock_wait_timeout", "50", ""},
                                         {"max_statement_time", "0", ""},
                                         {"max_statement_time", "11", ""},
                                         {"innodb_snapshot_isolation", "OFF", ""},
                                         {"tx_isolation", "'REPEATABLE-READ'", ""},
                                         {"sql_mode", "''", ""},
                                         {"character_set_connection", "latin1", ""}}) {
    const absl::Status status = CheckWith(settings, absl::StrCat("SET SESSION ", c.name, " = ", c.unsafe));
    EXPECT_THAT(status, Fails(StatusCode::kFailedPrecondition, "UNSAFE_DATABASE")) << c.name;
    EXPECT_TRUE(absl::StrContains(status.message(), absl::StrCat("session ", c.name))) << status;
  }
}

TEST(ServerSettingsTest, AllProblemsAreToldAtOnce) {
  const auto server = testing::PrivateMariaDb::Start({"--innodb-doublewrite=OFF", "--innodb-rollback-on-timeout=OFF",
                                                      "--innodb-flush-log-at-trx-commit=2", "--local-infile=ON"});
  ASSERT_THAT(server.status(), IsOk());
  Settings settings = (*server)->OverSocket();
  settings.tls_required = true;  // over the socket there is no TLS, but the server must insist on it for others
  const absl::Status status = CheckWith(settings);
  EXPECT_THAT(status, Fails(StatusCode::kFailedPrecondition, "UNSAFE_DATABASE"));
  for (absl::string_view name : {"innodb_doublewrite is OFF", "innodb_rollback_on_timeout is OFF",
                                 "innodb_flush_log_at_trx_commit is 2, must be 1", "local_infile is ON",
                                 "require_secure_transport is OFF, must be ON"}) {
    EXPECT_TRUE(absl::StrContains(status.message(), name)) << name << ": " << status;
  }
}

}  // namespace
}  // namespace trellis::db
