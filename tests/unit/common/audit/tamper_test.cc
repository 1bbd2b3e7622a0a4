// Somebody with every right on the database changes the audit. Each way to do it is found against the last checkpoint
// that lies outside of the database.
#include <functional>

#include "absl/strings/str_cat.h"
#include "common/audit/chain.h"
#include "gmock/gmock.h"
#include "tests/unit/common/audit/audit_fixture.h"

namespace trellis::audit {
namespace {

using ::testing::IsEmpty;

constexpr int kRecords = 50;

class TamperTest : public AuditFixture {
 protected:
  void SetUp() override {
    WriteAndChain(organization_, kRecords);
    Sign();
    ASSERT_EQ(Notes().size(), 1u);
    const Report clean = Verify(organization_);
    EXPECT_THAT(clean.problems, IsEmpty());
    EXPECT_EQ(clean.records, kRecords);
    EXPECT_EQ(clean.checkpoints, 1);
    EXPECT_EQ(clean.signed_records, kRecords);
  }

  // What a skilled forger does afterwards: every hash, the head and the table of persons fit again, and what the
  // database holds of checkpoints is gone.
  void ComputeAnew() {
    std::vector<std::pair<std::int64_t, std::string>> bodies;
    const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(const auto rows, (tx.Query<std::int64_t, std::string>(
                                                    "SELECT sequence, body FROM audit_record WHERE organization_id = ? "
                                                    "ORDER BY sequence LIMIT 1000",
                                                    organization_)));
      std::string head = EmptyHead();
      std::int64_t next = 0;
      for (const auto& [sequence, body] : rows) {
        head = Extend(head, body);
        ++next;
        TRELLIS_RETURN_IF_ERROR(
            tx.Execute("UPDATE audit_record SET sequence = ?, hash = ? WHERE organization_id = ? AND "
                       "sequence = ?",
                       next, head, organization_, sequence)
                .status());
        TRELLIS_RETURN_IF_ERROR(tx.Execute("UPDATE audit_person SET sequence = ? WHERE organization_id = ? AND "
                                           "sequence = ?",
                                           next, organization_, sequence)
                                    .status());
      }
      TRELLIS_RETURN_IF_ERROR(
          tx.Execute("UPDATE audit_head SET size = ?, hash = ? WHERE organization_id = ?", next, head, organization_)
              .status());
      return tx.Execute("DELETE FROM audit_checkpoint WHERE organization_id = ?", organization_).status();
    });
    ASSERT_TRUE(status.ok()) << status;
  }

  void ExpectFound(const std::string& what) { EXPECT_GT(Verify(organization_).problem_count, 0) << what; }
  void ExpectFoundByTheChainAlone(const std::string& what) {
    EXPECT_GT(VerifyAlone(organization_).problem_count, 0) << what;
  }
};

TEST_F(TamperTest, AChangedRecord) {
  Run("UPDATE audit_record SET body = CONCAT(SUBSTRING(body, 1, LENGTH(body) - 1), 'x') WHERE sequence = 20");
  ExpectFoundByTheChainAlone("a changed byte");
  ComputeAnew();
  ExpectFound("a changed byte, computed anew");
}

TEST_F(TamperTest, AChangedHash) {
  Run("UPDATE audit_record SET hash = REVERSE(hash) WHERE sequence = 20");
  ExpectFoundByTheChainAlone("a changed hash");
}

TEST_F(TamperTest, AColumnThatLookUpsGoBy) {
  Run("UPDATE audit_record SET code = 7 WHERE sequence = 20");
  ExpectFoundByTheChainAlone("a changed column");
}

TEST_F(TamperTest, APersonTakenOutOfTheIndex) {
  Run("DELETE FROM audit_person WHERE sequence = 20");
  ExpectFoundByTheChainAlone("a removed look-up");
}

TEST_F(TamperTest, ARemovedRecord) {
  Run("DELETE FROM audit_person WHERE sequence = 20");
  Run("DELETE FROM audit_record WHERE sequence = 20");
  ExpectFoundByTheChainAlone("a removed record");
  ComputeAnew();
  EXPECT_EQ(VerifyAlone(organization_).problem_count, 0) << "a skilled forger fools the chain alone";
  ExpectFound("a removed record, computed anew");
}

TEST_F(TamperTest, AnAddedRecord) {
  Run("UPDATE audit_record SET sequence = sequence + 1000 WHERE sequence > 20");
  Run("INSERT INTO audit_record SELECT organization_id, 21, record_id, record_time, user_id, method, code, hash, body "
      "FROM audit_record WHERE sequence = 20");
  Run("UPDATE audit_record SET sequence = sequence - 999 WHERE sequence > 1000");
  ExpectFoundByTheChainAlone("an added record");
  ComputeAnew();
  ExpectFound("an added record, computed anew");
}

TEST_F(TamperTest, ExchangedRecords) {
  Run("UPDATE audit_record SET sequence = 1000 WHERE sequence = 20");
  Run("UPDATE audit_record SET sequence = 20 WHERE sequence = 21");
  Run("UPDATE audit_record SET sequence = 21 WHERE sequence = 1000");
  ExpectFoundByTheChainAlone("two records exchanged");
  ComputeAnew();
  ExpectFound("two records exchanged, computed anew");
}

TEST_F(TamperTest, TheEndCutOff) {
  Run("DELETE FROM audit_person WHERE sequence > 40");
  Run("DELETE FROM audit_record WHERE sequence > 40");
  ExpectFoundByTheChainAlone("the end cut off, and the head forgotten");
  ComputeAnew();
  EXPECT_EQ(VerifyAlone(organization_).problem_count, 0) << "the chain alone does not show that its end is cut off";
  ExpectFound("the end cut off");
}

TEST_F(TamperTest, EverythingRemoved) {
  for (const char* const table : {"audit_record", "audit_person", "audit_head", "audit_checkpoint"}) {
    Run(absl::StrCat("DELETE FROM ", table));
  }
  EXPECT_EQ(VerifyAlone(organization_).problem_count, 0);
  ExpectFound("everything removed");
}

// Put aside and put back: five tables as they were before the last records.
TEST_F(TamperTest, AnOldBackupPutBackAndAFork) {
  const std::vector<std::string> tables = {"audit_record", "audit_person", "audit_head", "audit_checkpoint"};
  for (const std::string& table : tables) {
    Run(absl::StrCat("CREATE TABLE old_", table, " LIKE ", table));
    Run(absl::StrCat("INSERT INTO old_", table, " SELECT * FROM ", table));
  }
  WriteAndChain(organization_, 10);
  Sign();
  EXPECT_THAT(Verify(organization_).problems, IsEmpty());
  for (const std::string& table : tables) {
    Run(absl::StrCat("DELETE FROM ", table));
    Run(absl::StrCat("INSERT INTO ", table, " SELECT * FROM old_", table));
  }
  EXPECT_EQ(VerifyAlone(organization_).problem_count, 0) << "an old backup is good in itself";
  ExpectFound("an old backup");

  // The service goes on from there: other records in the places of those that were lost.
  EXPECT_EQ(chainer_.set_backs(), 0);
  WriteAndChain(organization_, 30);
  EXPECT_EQ(chainer_.set_backs(), 0) << "the chain has grown beyond what was seen";
  Sign();
  EXPECT_EQ(VerifyAlone(organization_).problem_count, 0);
  ExpectFound("a fork");
}

TEST_F(TamperTest, TheRunningServiceSeesThatItsChainHasGoneBack) {
  Run("DELETE FROM audit_person WHERE sequence > 40");
  Run("DELETE FROM audit_record WHERE sequence > 40");
  ComputeAnew();
  WriteAndChain(organization_, 1);
  EXPECT_EQ(chainer_.set_backs(), 1);
}

TEST_F(TamperTest, ACheckpointOfSomebodyElse) {
  const auto own = crypto::SigningKey::Generate();
  const auto forged = audit::Sign({OriginOf("trellis.test", "identity", organization_), 40, EmptyHead()}, *own);
  Run("DELETE FROM audit_checkpoint");
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) {
    return tx
        .Execute("INSERT INTO audit_checkpoint (organization_id, size, sign_time, note) VALUES (?, 40, ?, ?)",
                 organization_, clock_.Now(), *forged)
        .status();
  });
  ASSERT_TRUE(status.ok()) << status;
  ExpectFound("a checkpoint with another key");
}

TEST_F(TamperTest, ARecordOfAnotherOrganization) {
  const Id other = NewId();
  WriteAndChain(other, 1);
  Run("UPDATE audit_record SET sequence = 1000 WHERE sequence = 50");
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) {
    return tx
        .Execute("UPDATE audit_record SET organization_id = ?, sequence = 50 WHERE organization_id = ?", organization_,
                 other)
        .status();
  });
  ASSERT_TRUE(status.ok()) << status;
  ExpectFoundByTheChainAlone("a record moved from one chain to another");
  EXPECT_GT(VerifyAlone(other).problem_count, 0);
}

}  // namespace
}  // namespace trellis::audit
