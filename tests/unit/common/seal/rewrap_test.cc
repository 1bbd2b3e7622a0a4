#include "common/seal/rewrap.h"

#include <thread>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/runtime/migrations.h"
#include "common/seal/data_keys.h"
#include "common/seal/file_key_ring.h"
#include "common/seal/sealer.h"
#include "common/testing/scratch_database.h"
#include "common/testing/test_key_ring.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::seal {
namespace {

constexpr int kPersons = 1000;

Id MakeId(int number) {
  std::string bytes(16, '\x22');
  bytes[14] = static_cast<char>(number / 256);
  bytes[15] = static_cast<char>(number % 256);
  return *Id::FromBytes(bytes);
}
const Id kOrganization = MakeId(9999);

Place NoteOf(int person) { return {{kOrganization, MakeId(person)}, "referral", "note", ""}; }

class RewrapTest : public ::testing::Test {
 protected:
  void SealAll() {
    ASSERT_EQ(database_.pool().Transact(absl::Now() + absl::Seconds(60),
                                        [&](db::Session& tx) -> absl::Status {
                                          Sealer sealer(ring_.get(), &SystemClock(), &SystemRandom());
                                          sealed_.clear();
                                          for (int i = 0; i < kPersons; ++i) {
                                            TRELLIS_ASSIGN_OR_RETURN(sealed_.emplace_back(),
                                                                     sealer.Seal(tx, NoteOf(i), "a note"));
                                          }
                                          return absl::OkStatus();
                                        }),
              absl::OkStatus());
  }
  void ExpectAllOpen() {
    Sealer sealer(ring_.get(), &SystemClock(), &SystemRandom());
    ASSERT_EQ(database_.pool().Read(absl::Now() + absl::Seconds(60),
                                    [&](db::Session& session) -> absl::Status {
                                      for (int i = 0; i < kPersons; ++i) {
                                        TRELLIS_ASSIGN_OR_RETURN(const std::string text,
                                                                 sealer.Open(session, NoteOf(i), sealed_[i]));
                                        EXPECT_EQ(text, "a note");
                                      }
                                      return absl::OkStatus();
                                    }),
              absl::OkStatus());
  }
  std::map<std::string, std::int64_t> Counts() {
    std::map<std::string, std::int64_t> out;
    EXPECT_TRUE(database_.pool()
                    .Read(absl::Now() + absl::Seconds(10),
                          [&](db::Session& session) -> absl::Status {
                            TRELLIS_ASSIGN_OR_RETURN(const auto counts, CountKeys(session));
                            for (const KeyCount& count : counts) out[count.master] = count.keys;
                            return absl::OkStatus();
                          })
                    .ok());
    return out;
  }
  absl::StatusOr<std::int64_t> RewrapAll() { return Rewrap(database_.pool(), *ring_, absl::Now() + absl::Seconds(60)); }

  testing::TestKeyRing files_;
  testing::ScratchDatabase database_{{{"runtime", runtime::migrations::Files()}}};
  std::unique_ptr<FileKeyRing> ring_ = *FileKeyRing::Open({.path = files_.path()}, SystemClock(), SystemRandom());
  std::vector<std::string> sealed_;
};

TEST_F(RewrapTest, MovesEveryKeyToTheNewMasterKey) {
  SealAll();
  files_.Rotate();
  EXPECT_EQ(RewrapAll().value(), kPersons);
  EXPECT_THAT(Counts(), ::testing::ElementsAre(std::pair<std::string, std::int64_t>("k2", kPersons)));
  files_.Remove("k1");
  ExpectAllOpen();
  EXPECT_EQ(RewrapAll().value(), 0) << "nothing is left to do";
}

TEST_F(RewrapTest, SaysWhatItCannotWrap) {
  SealAll();
  files_.Rotate();
  files_.Remove("k1");
  const absl::Status status = RewrapAll().status();
  EXPECT_EQ(ReasonOf(status), "MASTER_KEY_MISSING");
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("1000 keys"));
}

TEST_F(RewrapTest, BearsCompany) {
  SealAll();
  files_.Rotate();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([this] { EXPECT_TRUE(RewrapAll().ok()); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Counts(), ::testing::ElementsAre(std::pair<std::string, std::int64_t>("k2", kPersons)));
  ExpectAllOpen();
}

TEST_F(RewrapTest, DoesNotBringBackWhatWasDestroyed) {
  SealAll();
  ASSERT_TRUE(ring_->Destroy(NoteOf(0).owner).ok());  // the row is there still, as from a restored backup
  files_.Rotate();
  ASSERT_TRUE(RewrapAll().ok());
  EXPECT_THAT(Counts(), ::testing::ElementsAre(std::pair<std::string, std::int64_t>("k2", kPersons - 1)));
}

}  // namespace
}  // namespace trellis::seal
