#include "common/audit/checkpoint.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/audit/chain.h"
#include "gmock/gmock.h"
#include "tests/unit/common/audit/audit_fixture.h"

namespace trellis::audit {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class CheckpointTest : public AuditFixture {
 protected:
  std::string Note(std::int64_t size) {
    return *audit::Sign({OriginOf("trellis.test", "identity", organization_), size, EmptyHead()}, key_);
  }
};

TEST_F(CheckpointTest, ANoteSaysWhatWasSigned) {
  const absl::StatusOr<Checkpoint> opened = Open(Note(1234), key_.PublicKey());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->origin, absl::StrCat("trellis.test/identity/", organization_.ToString()));
  EXPECT_EQ(opened->size, 1234);
  EXPECT_EQ(opened->head, EmptyHead());
  EXPECT_EQ(Note(1234), Note(1234)) << "the same checkpoint has one note";
}

TEST_F(CheckpointTest, NoBitOfANoteCanBeChanged) {
  const std::string good = Note(1234);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(Open(bad, key_.PublicKey()).ok()) << "byte " << i;
  }
  EXPECT_FALSE(Open(good, crypto::SigningKey::Generate()->PublicKey()).ok());
  EXPECT_FALSE(Open(good + "x", key_.PublicKey()).ok());
  EXPECT_FALSE(Open(absl::StrReplaceAll(good, {{"1234", "01234"}}), key_.PublicKey()).ok());
  EXPECT_FALSE(Open("", key_.PublicKey()).ok());
}

TEST_F(CheckpointTest, WhatACrashLeftHalfWrittenIsPassedOver) {
  const CheckpointFile file(file_);
  ASSERT_TRUE(file.Append({Note(1), Note(2)}).ok());
  std::ofstream(file_, std::ios::app) << Note(3).substr(0, 60);
  ASSERT_TRUE(file.Append({Note(4)}).ok());
  const std::vector<std::string> notes = Notes();
  ASSERT_THAT(notes, SizeIs(3));
  EXPECT_EQ(notes[2], Note(4));
}

TEST_F(CheckpointTest, AMinuteOrAThousandRecordsAreSigned) {
  Checkpointer checkpointer = NewCheckpointer();
  WriteAndChain(organization_, 1);
  EXPECT_EQ(*checkpointer.SignDue(Soon()), 0);
  clock_.Advance(absl::Seconds(59));
  EXPECT_EQ(*checkpointer.SignDue(Soon()), 0);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(*checkpointer.SignDue(Soon()), 1);
  EXPECT_EQ(*checkpointer.SignDue(Soon()), 0);
  WriteAndChain(organization_, 999);
  EXPECT_EQ(*checkpointer.SignDue(Soon()), 0);
  WriteAndChain(organization_, 1);
  EXPECT_EQ(*checkpointer.SignDue(Soon()), 1);
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(*checkpointer.SignDue(Soon()), 0) << "there is nothing new";
  EXPECT_THAT(Notes(), SizeIs(2));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM audit_checkpoint"), 2);
  const Report report = Verify(organization_);
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.signed_records, 1001);
}

// The file cannot be written: nothing is said to be signed, and it is tried again.
TEST_F(CheckpointTest, TheFileComesFirst) {
  WriteAndChain(organization_, 1);
  clock_.Advance(kCheckpointInterval);
  Checkpointer nowhere({"trellis.test", "identity", "/nowhere/checkpoints"}, &pool(), &clock_, &key_);
  EXPECT_TRUE(absl::IsUnavailable(nowhere.SignDue(Soon()).status()));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM audit_checkpoint"), 0);
  EXPECT_EQ(*NewCheckpointer().SignDue(Soon()), 0) << "claimed for a moment";
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(*NewCheckpointer().SignDue(Soon()), 1);
}

}  // namespace
}  // namespace trellis::audit
