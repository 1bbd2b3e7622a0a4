#include <atomic>
#include <thread>

#include "common/testing/private_mariadb.h"
#include "common/testing/scratch_database.h"
#include "tests/unit/common/db/support.h"

namespace trellis::db {
namespace {

// Writers go on while the server is killed again and again: what was acknowledged is there, once.
TEST(RestartTest, KilledServerLosesNothingAcknowledged) {
  const auto server = testing::PrivateMariaDb::Start();
  ASSERT_THAT(server.status(), IsOk());
  testing::ScratchDatabase database((*server)->OverSocket(), {});
  MustRun(database.pool(), "CREATE TABLE note (id BINARY(16) NOT NULL PRIMARY KEY)");

  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{0};
  std::atomic<int> doubtful{0};
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&] {
      while (!stop) {
        const Id id = NewId();
        const absl::Status status = database.pool().Transact(
            Soon(), [&](Session& session) { return session.Execute("INSERT INTO note (id) VALUES (?)", id).status(); });
        if (status.ok()) ++acknowledged;
        if (ReasonOf(status) == "COMMIT_UNKNOWN") ++doubtful;
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    const int before = acknowledged;
    while (acknowledged < before + 50) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    (*server)->Kill();
    ASSERT_THAT((*server)->Restart(), IsOk());
  }
  const int before = acknowledged;
  while (acknowledged < before + 50) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  stop = true;
  for (std::thread& writer : writers) writer.join();
  const std::int64_t rows = Number(database.pool(), "SELECT COUNT(*) FROM note");
  EXPECT_GE(rows, acknowledged);
  EXPECT_LE(rows, acknowledged + doubtful);
}

}  // namespace
}  // namespace trellis::db
