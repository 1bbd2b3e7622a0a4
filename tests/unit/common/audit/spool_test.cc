// The second sink: nothing is lost, nothing doubled, nothing half written is taken for a record.
#include "common/audit/spool.h"

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/audit/batcher.h"
#include "common/audit/spool_file.h"
#include "gmock/gmock.h"
#include "tests/unit/common/audit/audit_fixture.h"

namespace trellis::audit {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string ReadFile(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}
void WriteFile(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

class SpoolTest : public AuditFixture {
 protected:
  SpoolTest() {
    std::string pattern = (fs::temp_directory_path() / "trellis-spool-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SpoolTest() override { fs::remove_all(folder_); }

  std::unique_ptr<Spool> MustOpen(std::int64_t most_bytes = std::int64_t{1} << 20) {
    auto spool = Spool::Open({.folder = folder_, .service = "test", .most_bytes = most_bytes}, &ids_);
    EXPECT_TRUE(spool.ok()) << spool.status();
    return *std::move(spool);
  }
  std::vector<JournalRow> Rows(int count) {
    std::vector<JournalRow> rows;
    for (int i = 0; i < count; ++i) rows.push_back(NewRow(organization_));
    return rows;
  }
  std::vector<fs::path> Files(const std::string& ending) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (absl::EndsWith(entry.path().string(), ending)) files.push_back(entry.path());
    }
    return files;
  }
  void AppendAll(const std::vector<JournalRow>& rows) {
    ASSERT_TRUE(pool().Transact(Soon(), [&](db::Session& tx) { return audit::Append(tx, rows); }).ok());
  }
  void ChainAll() { ASSERT_TRUE(chainer_.Run(Soon()).ok()); }
  // In the journal or chained.
  std::int64_t Records() {
    return Count("SELECT (SELECT COUNT(*) FROM audit_journal) + (SELECT COUNT(*) FROM audit_record)");
  }
  std::int64_t DistinctRecords() {
    return Count(
        "SELECT COUNT(DISTINCT record_id) FROM (SELECT record_id FROM audit_journal UNION ALL "
        "SELECT record_id FROM audit_record) AS every_record");
  }

  std::string folder_;
};

TEST_F(SpoolTest, TakesWhatTheDatabaseDoesNotAndGivesItBack) {
  const auto spool = MustOpen();
  Batcher batcher(&pool(), {.spool = spool.get()});
  batcher.Start();
  Run("RENAME TABLE audit_journal TO away");
  std::atomic<int> written = 0;
  for (int i = 0; i < 20; ++i) {
    batcher.Submit(Rows(1), [&](const absl::Status& status) { written += status.ok() ? 1 : 0; });
  }
  batcher.Stop();
  EXPECT_EQ(written, 20);
  EXPECT_FALSE(spool->empty());
  EXPECT_GT(spool->bytes(), 0);
  EXPECT_FALSE(spool->Drain(pool(), Soon()).ok()) << "the table is away";
  Run("RENAME TABLE away TO audit_journal");
  ASSERT_TRUE(spool->Drain(pool(), Soon()).ok());
  EXPECT_EQ(Records(), 20);
  EXPECT_TRUE(spool->empty());
  EXPECT_EQ(spool->bytes(), 0);
  EXPECT_THAT(Files(".spool"), SizeIs(0));
}

TEST_F(SpoolTest, NobodyElseMayReadIt) {
  const auto spool = MustOpen();
  ASSERT_TRUE(spool->Append(Rows(1)).ok());
  struct stat info = {};
  ASSERT_EQ(stat(Files(".spool").at(0).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(SpoolTest, WhatAnEarlierRunLeftIsNotLost) {
  ASSERT_TRUE(MustOpen()->Append(Rows(600)).ok());
  const auto spool = MustOpen();
  EXPECT_FALSE(spool->empty());
  ASSERT_TRUE(spool->Append(Rows(3)).ok());
  ASSERT_TRUE(spool->Drain(pool(), Soon()).ok());
  EXPECT_EQ(Records(), 603);
}

// The answer to a commit was lost: the records are in the journal, some in their chain already, and in the spool.
TEST_F(SpoolTest, WhatIsThereAlreadyIsNotDoubled) {
  const auto spool = MustOpen();
  const std::vector<JournalRow> chained = Rows(5);
  const std::vector<JournalRow> waiting = Rows(5);
  AppendAll(chained);
  ChainAll();
  AppendAll(waiting);
  for (const auto& rows : {chained, waiting, Rows(5)}) ASSERT_TRUE(spool->Append(rows).ok());
  ASSERT_TRUE(spool->Drain(pool(), Soon()).ok());
  EXPECT_EQ(Records(), 15);
  EXPECT_EQ(DistinctRecords(), 15);
}

// Killed after the last commit and before the file is gone.
TEST_F(SpoolTest, DrainingAgainDoublesNothing) {
  auto spool = MustOpen();
  ASSERT_TRUE(spool->Append(Rows(300)).ok());
  const fs::path file = Files(".spool").at(0);
  const std::string content = ReadFile(file);
  ASSERT_TRUE(spool->Drain(pool(), Soon()).ok());
  spool.reset();
  ChainAll();
  WriteFile(file, content);
  ASSERT_TRUE(MustOpen()->Drain(pool(), Soon()).ok());
  EXPECT_EQ(Records(), 300);
  EXPECT_TRUE(Verify(organization_).problems.empty());
}

TEST_F(SpoolTest, ACutAnywhereLeavesWholeRecordsAndIsKeptAside) {
  ASSERT_TRUE(MustOpen()->Append(Rows(3)).ok());
  const fs::path file = Files(".spool").at(0);
  const std::string content = ReadFile(file);
  const auto end = static_cast<std::int64_t>(content.size());
  const auto whole = ReadSpool(file, 0, end, 2);
  ASSERT_TRUE(whole.ok());
  for (std::int64_t size = whole->next + 1; size < end; ++size) {
    WriteFile(file, content.substr(0, static_cast<std::size_t>(size)));
    const auto part = ReadSpool(file, 0, size, 10);
    ASSERT_TRUE(part.ok());
    EXPECT_TRUE(part->torn) << size;
    EXPECT_THAT(part->rows, SizeIs(2)) << size;
  }
  ASSERT_TRUE(MustOpen()->Drain(pool(), Soon()).ok());
  EXPECT_EQ(Records(), 2);
  EXPECT_THAT(Files(".spool"), SizeIs(0));
  EXPECT_THAT(Files(".spool.torn"), SizeIs(1));
}

TEST_F(SpoolTest, AChangedByteIsNoRecord) {
  ASSERT_TRUE(MustOpen()->Append(Rows(3)).ok());
  const fs::path file = Files(".spool").at(0);
  const std::string content = ReadFile(file);
  const auto end = static_cast<std::int64_t>(content.size());
  const auto begin = static_cast<std::size_t>(ReadSpool(file, 0, end, 1)->next);
  const auto second = static_cast<std::size_t>(ReadSpool(file, 0, end, 2)->next);
  for (std::size_t at = begin; at < second; ++at) {
    std::string changed = content;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    WriteFile(file, changed);
    const auto part = ReadSpool(file, 0, end, 10);
    ASSERT_TRUE(part.ok());
    EXPECT_TRUE(part->torn) << at;
    EXPECT_THAT(part->rows, SizeIs(1)) << at;
  }
}

TEST_F(SpoolTest, AFullSpoolRefuses) {
  const auto spool = MustOpen(/*most_bytes=*/1000);
  absl::Status refused;
  for (int i = 0; i < 100 && refused.ok(); ++i) refused = spool->Append(Rows(1));
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_LT(spool->bytes(), 2000);

  Batcher batcher(&pool(), {.spool = spool.get()});
  batcher.Start();
  Run("RENAME TABLE audit_journal TO away");
  std::atomic<int> unavailable = 0;
  batcher.Submit(Rows(1), [&](const absl::Status& status) { unavailable += absl::IsUnavailable(status) ? 1 : 0; });
  batcher.Stop();
  EXPECT_EQ(unavailable, 1) << "no sink has it";
  Run("RENAME TABLE away TO audit_journal");
  ASSERT_TRUE(spool->Drain(pool(), Soon()).ok());
  EXPECT_TRUE(spool->Append(Rows(1)).ok()) << "there is room again";
}

TEST_F(SpoolTest, AFolderBelongsToOneProcess) {
  const auto spool = MustOpen();
  const auto second = Spool::Open({.folder = folder_, .service = "test"}, &ids_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.status().message(), HasSubstr("another process"));
  EXPECT_TRUE(Spool::Open({.folder = folder_, .service = "other"}, &ids_).ok());
  const auto nowhere = Spool::Open({.folder = folder_ + "/nowhere", .service = "test"}, &ids_);
  EXPECT_EQ(nowhere.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(nowhere.status().message(), HasSubstr("no folder"));
}

// What cannot be read is neither passed over nor removed: it waits until somebody has looked.
TEST_F(SpoolTest, AFileThatCannotBeReadWaits) {
  ASSERT_TRUE(MustOpen()->Append(Rows(3)).ok());
  const fs::path file = Files(".spool").at(0);
  const auto spool = MustOpen();
  fs::rename(file, file.string() + ".away");
  EXPECT_TRUE(absl::IsUnavailable(spool->Drain(pool(), Soon())));
  EXPECT_FALSE(spool->empty());
  fs::rename(file.string() + ".away", file);
  ASSERT_TRUE(spool->Drain(pool(), Soon()).ok());
  EXPECT_EQ(Records(), 3);
  EXPECT_FALSE(ReadSpool(file, 10, 5, 1).ok());
}

// While the database comes and goes and the spool is drained beside it.
TEST_F(SpoolTest, WhatWasAcknowledgedIsThereOnce) {
  const auto spool = MustOpen();
  Batcher batcher(&pool(), {.spool = spool.get()});
  batcher.Start();
  std::atomic<bool> done = false;
  std::atomic<int> submitted = 0;
  std::atomic<int> written = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      while (!done) {
        ++submitted;
        batcher.Submit(Rows(1), [&](const absl::Status& status) { written += status.ok() ? 1 : 0; });
        std::this_thread::sleep_for(std::chrono::milliseconds(4));
      }
    });
  }
  std::thread drainer([&] {
    while (!done) {
      spool->Drain(pool(), Soon()).IgnoreError();  // fails whenever the table is away
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  for (int i = 0; i < 15; ++i) {
    Run("RENAME TABLE audit_journal TO away");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    Run("RENAME TABLE away TO audit_journal");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ASSERT_TRUE(chainer_.ChainOnce(Soon()).ok());
  }
  done = true;
  for (std::thread& caller : callers) caller.join();
  drainer.join();
  batcher.Stop();
  ASSERT_TRUE(spool->Drain(pool(), Soon()).ok());
  EXPECT_EQ(written, submitted);
  EXPECT_GT(written, 100);
  EXPECT_EQ(Records(), written);
  EXPECT_EQ(DistinctRecords(), written);
}

}  // namespace
}  // namespace trellis::audit
