#include "common/audit/chainer.h"

#include <thread>

#include "gmock/gmock.h"
#include "tests/unit/common/audit/audit_fixture.h"

namespace trellis::audit {
namespace {

using ::testing::IsEmpty;

class ChainerTest : public AuditFixture {};

TEST_F(ChainerTest, EachOrganizationHasAChainOfItsOwn) {
  const Id other = NewId();
  Write(organization_, 3);
  Write(other, 2);
  Write(Id(), 1);
  EXPECT_EQ(*chainer_.ChainOnce(Soon()), 6);
  EXPECT_EQ(*chainer_.ChainOnce(Soon()), 0);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM audit_journal"), 0);
  EXPECT_EQ(VerifyAlone(organization_).records, 3);
  EXPECT_EQ(VerifyAlone(other).records, 2);
  const Report none = VerifyAlone(Id());
  EXPECT_EQ(none.records, 1);
  EXPECT_THAT(none.problems, IsEmpty());
}

TEST_F(ChainerTest, ABacklogIsWorkedOffInBoundedTransactions) {
  Write(organization_, 1200);
  EXPECT_EQ(*chainer_.ChainOnce(Soon()), 500);
  ASSERT_TRUE(chainer_.Run(Soon()).ok());
  const Report report = VerifyAlone(organization_);
  EXPECT_EQ(report.records, 1200);
  EXPECT_THAT(report.problems, IsEmpty());
}

TEST_F(ChainerTest, ReplicasTakeTurnsWithoutGapOrFork) {
  constexpr int kReplicas = 4;
  constexpr int kRounds = 40;
  std::vector<std::thread> replicas;
  for (int replica = 0; replica < kReplicas; ++replica) {
    replicas.emplace_back([this] {
      Chainer chainer(&pool(), &clock_, {.batch = 7});
      for (int round = 0; round < kRounds; ++round) {
        Write(organization_, 5);
        const absl::Status status = chainer.Run(Soon());
        EXPECT_TRUE(status.ok()) << status;
      }
      EXPECT_EQ(chainer.set_backs(), 0);
    });
  }
  for (std::thread& replica : replicas) replica.join();
  ASSERT_TRUE(chainer_.Run(Soon()).ok());
  const Report report = VerifyAlone(organization_);
  EXPECT_EQ(report.records, 5 * kReplicas * kRounds);
  EXPECT_THAT(report.problems, IsEmpty());
}

TEST_F(ChainerTest, TheDatabaseRefusesAFork) {
  WriteAndChain(organization_, 2);
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) {
    return tx
        .Execute(
            "INSERT INTO audit_record SELECT organization_id, sequence, record_id, record_time, user_id, "
            "method, code, hash, body FROM audit_record WHERE sequence = ?",
            2)
        .status();
  });
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
}

TEST_F(ChainerTest, ARecordThatCannotBeReadHoldsUpNobody) {
  const std::vector<JournalRow> rows = {{NewId(), organization_, "\xFF\xFF"}, NewRow(organization_)};
  ASSERT_TRUE(pool().Transact(Soon(), [&](db::Session& tx) { return Append(tx, rows); }).ok());
  ASSERT_TRUE(chainer_.Run(Soon()).ok());
  const Report report = VerifyAlone(organization_);
  EXPECT_EQ(report.records, 2);
  EXPECT_GT(report.problem_count, 0);
}

}  // namespace
}  // namespace trellis::audit
