#include <atomic>
#include <barrier>
#include <thread>

#include "common/db/errors.h"
#include "common/db/pool.h"
#include "common/testing/scratch_database.h"
#include "tests/unit/common/db/support.h"

namespace trellis::db {
namespace {

using absl::StatusCode;

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() {
    MustRun(pool(), "CREATE TABLE account (id INT NOT NULL PRIMARY KEY, amount INT NOT NULL, version INT NOT NULL)");
    MustRun(pool(), "INSERT INTO account (id, amount, version) VALUES (1, 0, 0), (2, 0, 0)");
  }
  Pool& pool() { return database_.pool(); }
  static absl::Status Add(Session& session, int id, int amount = 1) {
    return session.Execute("UPDATE account SET amount = amount + ? WHERE id = ?", amount, id).status();
  }
  std::int64_t Sum() { return Number(pool(), "SELECT SUM(amount) FROM account"); }

  testing::ScratchDatabase database_;
  CountingMetrics metrics_;
};

TEST_F(TransactionTest, CommitsWhenTheBodySucceeds) {
  EXPECT_THAT(pool().Transact(Soon(),
                              [](Session& session) {
                                EXPECT_TRUE(session.in_transaction());
                                return Add(session, 1);
                              }),
              IsOk());
  EXPECT_EQ(Sum(), 1);
}

TEST_F(TransactionTest, RollsBackWhenTheBodyFails) {
  int runs = 0;
  EXPECT_EQ(pool().Transact(Soon(),
                            [&](Session& session) -> absl::Status {
                              ++runs;
                              TRELLIS_RETURN_IF_ERROR(Add(session, 1));
                              return absl::FailedPreconditionError("no");
                            }),
            absl::FailedPreconditionError("no"));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(Sum(), 0);
}

TEST_F(TransactionTest, DuplicateKeyDoesNotRunAgain) {
  int runs = 0;
  const absl::Status status = pool().Transact(Soon(), [&](Session& session) {
    ++runs;
    return session.Execute("INSERT INTO account (id, amount, version) VALUES (1, 0, 0)").status();
  });
  EXPECT_TRUE(IsDuplicateKey(status, "PRIMARY"));
  EXPECT_EQ(runs, 1);
}

TEST_F(TransactionTest, DeadlockIsRunAgain) {
  const auto own = database_.NewPool({.size = 4}, &metrics_);
  std::atomic<int> runs{0};
  for (int round = 0; round < 5; ++round) {
    std::barrier both(2);
    const auto work = [&](int first, int second) {
      bool again = false;
      EXPECT_THAT(own->Transact(Soon(),
                                [&](Session& session) -> absl::Status {
                                  ++runs;
                                  TRELLIS_RETURN_IF_ERROR(Add(session, first));
                                  if (!again) both.arrive_and_wait();
                                  again = true;
                                  return Add(session, second);
                                }),
                  IsOk());
    };
    std::thread other([&] { work(2, 1); });
    work(1, 2);
    other.join();
  }
  EXPECT_EQ(Sum(), 20);
  EXPECT_GE(runs, 15);
  EXPECT_THAT(metrics_.retries(), ::testing::AllOf(::testing::Contains(1213), ::testing::SizeIs(runs - 10)));
}

// A body that takes a conflict for an ordinary error must not commit the half that is left.
TEST_F(TransactionTest, OverlookedConflictIsNotCommitted) {
  const auto own = database_.NewPool({.size = 2, .max_tries = 1});
  std::atomic<bool> locked{false};
  std::atomic<bool> done{false};
  std::thread other([&] {
    EXPECT_THAT(own->Transact(Soon(),
                              [&](Session& session) {
                                const absl::Status status = Add(session, 2);
                                locked = true;
                                while (!done) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                return status;
                              }),
                IsOk());
  });
  while (!locked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const absl::Status status = own->Transact(Soon(), [](Session& session) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(Add(session, 1, 100));
    EXPECT_THAT(Add(session, 2), Fails(StatusCode::kAborted, "TRANSACTION_CONFLICT"));  // waits for the lock, 3 s
    EXPECT_THAT(Add(session, 1), Fails(StatusCode::kAborted, "TRANSACTION_CONFLICT"));  // nothing is sent any more
    return absl::OkStatus();
  });
  done = true;
  other.join();
  EXPECT_THAT(status, Fails(StatusCode::kAborted, "TRANSACTION_CONFLICT"));
  EXPECT_EQ(ErrnoOf(status), 1205);
  EXPECT_EQ(Sum(), 1);
}

TEST_F(TransactionTest, ConflictsEndAfterTheLastTry) {
  const auto own = database_.NewPool({.size = 1}, &metrics_);
  std::atomic<bool> locked{false};
  std::atomic<bool> done{false};
  std::thread other([&] {
    EXPECT_THAT(pool().Transact(Soon(),
                                [&](Session& session) {
                                  const absl::Status status = Add(session, 1);
                                  locked = true;
                                  while (!done) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                  return status;
                                }),
                IsOk());
  });
  while (!locked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  int runs = 0;
  const absl::Time start = absl::Now();
  const absl::Status status = own->Transact(Soon(), [&](Session& session) -> absl::Status {
    ++runs;
    TRELLIS_RETURN_IF_ERROR(session.ExecuteText("SET SESSION innodb_lock_wait_timeout = 1"));
    return Add(session, 1);
  });
  done = true;
  other.join();
  EXPECT_THAT(status, Fails(StatusCode::kAborted, "TRANSACTION_CONFLICT"));
  EXPECT_EQ(runs, 4);
  EXPECT_THAT(metrics_.retries(), ::testing::ElementsAre(1205, 1205, 1205));
  EXPECT_LT(absl::Now() - start, absl::Seconds(8));
  EXPECT_EQ(Sum(), 1);
}

TEST_F(TransactionTest, NoFurtherTryBehindTheDeadline) {
  const auto own = database_.NewPool({.size = 1}, &metrics_);
  std::atomic<bool> locked{false};
  std::atomic<bool> done{false};
  std::thread other([&] {
    EXPECT_THAT(pool().Transact(Soon(),
                                [&](Session& session) {
                                  const absl::Status status = Add(session, 1);
                                  locked = true;
                                  while (!done) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                  return status;
                                }),
                IsOk());
  });
  while (!locked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const absl::Time start = absl::Now();
  const absl::Status status =
      own->Transact(In(absl::Milliseconds(400)), [&](Session& session) { return Add(session, 1); });
  done = true;
  other.join();
  EXPECT_FALSE(status.ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(2.5));
  EXPECT_EQ(Sum(), 1);
}

TEST_F(TransactionTest, NothingIsCommittedBehindTheDeadline) {
  EXPECT_THAT(pool().Transact(In(absl::Milliseconds(100)),
                              [](Session& session) {
                                const absl::Status status = Add(session, 1);
                                absl::SleepFor(absl::Milliseconds(120));
                                return status;
                              }),
              Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED"));
  EXPECT_EQ(Sum(), 0);
  EXPECT_THAT(pool().Transact(Soon(), [](Session& session) { return Add(session, 1); }), IsOk());
  EXPECT_EQ(Sum(), 1);
}

// Read, think, write back: the version in the WHERE clause finds every change in between.
TEST_F(TransactionTest, LostUpdateIsPrevented) {
  const auto own = database_.NewPool({.size = 8, .max_wait = absl::Seconds(10)});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 25;) {
        const absl::Status status = own->Transact(Soon(), [](Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto row,
                                   (session.QueryOne<int, int>("SELECT amount, version FROM account WHERE id = ?", 1)));
          const auto [amount, version] = *row;
          TRELLIS_ASSIGN_OR_RETURN(
              const std::int64_t rows,
              session.Execute("UPDATE account SET amount = ?, version = ? WHERE id = ? AND version = ?", amount + 1,
                              version + 1, 1, version));
          return rows == 1 ? absl::OkStatus() : absl::AbortedError("changed");
        });
        if (status.ok()) {
          ++k;
        } else {
          EXPECT_TRUE(absl::IsAborted(status)) << status;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Sum(), 200);
}

// A session that asked for REPEATABLE READ learns of a change since its snapshot (MariaDB) and runs again.
TEST_F(TransactionTest, SnapshotConflictIsRunAgain) {
  const auto own = database_.NewPool({.size = 1}, &metrics_);
  bool mariadb = false;
  MustRead(*own, [&](Session& session) {
    mariadb = session.is_mariadb();
    return session.ExecuteText("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  });
  if (!mariadb) GTEST_SKIP() << "MySQL does not detect this";
  int runs = 0;
  EXPECT_THAT(
      own->Transact(
          Soon(),
          [&](Session& session) -> absl::Status {
            ++runs;
            TRELLIS_ASSIGN_OR_RETURN(const auto row,
                                     session.QueryOne<int>("SELECT amount FROM account WHERE id = ?", 1));
            if (runs == 1) {
              TRELLIS_RETURN_IF_ERROR(pool().Transact(Soon(), [](Session& other) { return Add(other, 1, 10); }));
            }
            return session.Execute("UPDATE account SET amount = ? WHERE id = ?", std::get<0>(*row) + 1, 1).status();
          }),
      IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Sum(), 11);
  EXPECT_THAT(metrics_.retries(), ::testing::ElementsAre(1020));
}

TEST_F(TransactionTest, ConnectionLostBeforeCommitIsRunAgain) {
  const auto own = database_.NewPool({.size = 1}, &metrics_);
  int runs = 0;
  EXPECT_THAT(own->Transact(Soon(),
                            [&](Session& session) -> absl::Status {
                              TRELLIS_RETURN_IF_ERROR(Add(session, 1));
                              if (++runs == 1) {
                                TRELLIS_ASSIGN_OR_RETURN(const auto row,
                                                         session.QueryOne<std::int64_t>("SELECT CONNECTION_ID()"));
                                MustRun(pool(), absl::StrCat("KILL ", std::get<0>(*row)));
                              }
                              return Add(session, 1);
                            }),
              IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Sum(), 2);
}

// The connector's own commit() would report success here.
TEST_F(TransactionTest, ConnectionKilledAtCommitIsNoSuccess) {
  const auto own = database_.NewPool({.size = 1}, &metrics_);
  const absl::Status status = own->Transact(Soon(), [&](Session& session) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(Add(session, 1));
    TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::int64_t>("SELECT CONNECTION_ID()"));
    MustRun(pool(), absl::StrCat("KILL ", std::get<0>(*row)));
    return absl::OkStatus();
  });
  EXPECT_THAT(status, Fails(StatusCode::kUnavailable, "COMMIT_UNKNOWN"));
  EXPECT_EQ(Sum(), 0);
  EXPECT_EQ(own->state().open, 0);
}

TEST_F(TransactionTest, StatementsOfATransactionCostOneRoundTripEach) {
  const auto own = database_.NewPool({.size = 1});
  const auto run = [&] {
    EXPECT_THAT(own->Transact(Soon(), [](Session& session) { return Add(session, 1); }), IsOk());
  };
  const auto questions = [&] {
    std::int64_t out = 0;
    MustRead(*own, [&](Session& session) {
      out = ServerCounter(session, "Questions");
      return absl::OkStatus();
    });
    return out;
  };
  run();
  questions();
  const std::int64_t before = questions();
  const std::int64_t counting = questions() - before;
  run();
  EXPECT_EQ(questions() - before - 2 * counting, 3);  // START TRANSACTION, UPDATE, COMMIT
}

}  // namespace
}  // namespace trellis::db
