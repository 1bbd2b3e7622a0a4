#include "common/audit/batcher.h"

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "tests/unit/common/audit/audit_fixture.h"

namespace trellis::audit {
namespace {

class BatcherTest : public AuditFixture {};

TEST_F(BatcherTest, SaysThatARecordIsThereOnceItIs) {
  constexpr int kCallers = 8;
  constexpr int kCalls = 50;
  std::atomic<int> commits = 0;
  Batcher batcher(&pool(), Batcher::Options(), [&] { ++commits; });
  batcher.Start();
  std::atomic<int> written = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < kCalls; ++i) {
        batcher.Submit({NewRow(organization_)}, [&](const absl::Status& status) { written += status.ok() ? 1 : 0; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  batcher.Stop();
  EXPECT_EQ(written, kCallers * kCalls);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM audit_journal"), kCallers * kCalls);
  EXPECT_LT(commits, kCallers * kCalls) << "records share commits";
}

TEST_F(BatcherTest, SaysWhenItCannotWrite) {
  Batcher batcher(&pool());
  batcher.Start();
  Run("RENAME TABLE audit_journal TO away");
  std::atomic<int> failed = 0;
  batcher.Submit({NewRow(organization_)}, [&](const absl::Status& status) { failed += status.ok() ? 0 : 1; });
  batcher.Stop();
  EXPECT_EQ(failed, 1);
  batcher.Submit({NewRow(organization_)},
                 [&](const absl::Status& status) { failed += absl::IsUnavailable(status) ? 1 : 0; });
  EXPECT_EQ(failed, 2) << "refused after the end";
}

TEST_F(BatcherTest, RefusesMoreThanItMayKeepWaiting) {
  Batcher batcher(&pool(), {.most_waiting = 2});
  int refused = 0;
  for (int i = 0; i < 3; ++i) {
    batcher.Submit({NewRow(organization_)},
                   [&](const absl::Status& status) { refused += absl::IsResourceExhausted(status) ? 1 : 0; });
  }
  EXPECT_EQ(refused, 1);
  batcher.Start();
  batcher.Stop();
  EXPECT_EQ(Count("SELECT COUNT(*) FROM audit_journal"), 2);
}

}  // namespace
}  // namespace trellis::audit
