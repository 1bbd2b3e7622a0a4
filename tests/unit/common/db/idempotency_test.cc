#include "common/db/idempotency.h"

#include <atomic>
#include <thread>

#include "common/base/embedded.h"
#include "common/db/errors.h"
#include "common/testing/private_mariadb.h"
#include "common/testing/scratch_database.h"
#include "common/testing/tcp_gate.h"
#include "tests/unit/common/db/support.h"

namespace trellis::runtime::migrations {
const std::vector<EmbeddedFile>& Files();
}

namespace trellis::db {
namespace {

using absl::StatusCode;
using ::testing::Optional;

class IdempotencyTest : public ::testing::Test {
 protected:
  IdempotencyTest() : database_({{"runtime", runtime::migrations::Files()}}) {
    MustRun(database_.pool(),
            "CREATE TABLE effect (id BINARY(16) NOT NULL PRIMARY KEY, request_id BINARY(16) NOT NULL)");
  }

  static IdempotencyKey NewKey() {
    return {.organization = NewId(),
            .principal = NewId(),
            .method = "trellis.identity.v1.Persons.RegisterPerson",
            .request_id = NewId(),
            .request_hash = std::string(32, '\xaa')};
  }

  // What a handler does: claim, change, store. Returns the response.
  static absl::StatusOr<std::string> Handle(Pool& pool, const IdempotencyKey& key, int* runs = nullptr) {
    std::string response;
    TRELLIS_RETURN_IF_ERROR(
        pool.Transact(Soon(), {.repeatable_after_unknown_commit = true}, [&](Session& session) -> absl::Status {
          if (runs != nullptr) ++*runs;
          TRELLIS_ASSIGN_OR_RETURN(const auto former, Claim(session, key, absl::Now()));
          if (former.has_value()) {
            response = *former;
            return absl::OkStatus();
          }
          TRELLIS_RETURN_IF_ERROR(
              session.Execute("INSERT INTO effect (id, request_id) VALUES (?, ?)", NewId(), key.request_id).status());
          response = "response of " + NewId().ToString();
          return Store(session, key, response);
        }));
    return response;
  }
  std::int64_t Effects() { return Number(database_.pool(), "SELECT COUNT(*) FROM effect"); }

  testing::ScratchDatabase database_;
};

TEST_F(IdempotencyTest, SecondRequestGetsTheFirstResponse) {
  const IdempotencyKey key = NewKey();
  const auto first = Handle(database_.pool(), key);
  ASSERT_THAT(first.status(), IsOk());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*Handle(database_.pool(), key), *first);
  EXPECT_EQ(Effects(), 1);
}

TEST_F(IdempotencyTest, ReuseForAnotherRequestIsRefused) {
  IdempotencyKey key = NewKey();
  ASSERT_THAT(Handle(database_.pool(), key).status(), IsOk());
  key.request_hash = std::string(32, '\xbb');
  EXPECT_THAT(Handle(database_.pool(), key).status(), Fails(StatusCode::kFailedPrecondition, "REQUEST_ID_REUSED"));
  EXPECT_EQ(Effects(), 1);
}

TEST_F(IdempotencyTest, SameIdOfOthersIsAnotherRequest) {
  const IdempotencyKey key = NewKey();
  ASSERT_THAT(Handle(database_.pool(), key).status(), IsOk());
  for (int i = 0; i < 3; ++i) {
    IdempotencyKey other = key;
    if (i == 0) other.organization = NewId();
    if (i == 1) other.principal = NewId();
    if (i == 2) other.method += "x";
    EXPECT_THAT(Handle(database_.pool(), other).status(), IsOk());
  }
  EXPECT_EQ(Effects(), 4);
}

TEST_F(IdempotencyTest, FailedRequestLeavesNoClaim) {
  const IdempotencyKey key = NewKey();
  EXPECT_FALSE(database_.pool()
                   .Transact(Soon(),
                             [&](Session& session) -> absl::Status {
                               TRELLIS_RETURN_IF_ERROR(Claim(session, key, absl::Now()).status());
                               return absl::FailedPreconditionError("no");
                             })
                   .ok());
  EXPECT_THAT(Handle(database_.pool(), key).status(), IsOk());
  EXPECT_EQ(Effects(), 1);
}

TEST_F(IdempotencyTest, KeepsEveryByteOfTheResponse) {
  const IdempotencyKey key = NewKey();
  std::string response(300'000, '\0');
  for (std::size_t i = 0; i < response.size(); ++i) response[i] = static_cast<char>(i * 7);
  EXPECT_THAT(database_.pool().Transact(Soon(),
                                        [&](Session& session) -> absl::Status {
                                          TRELLIS_RETURN_IF_ERROR(Claim(session, key, absl::Now()).status());
                                          return Store(session, key, response);
                                        }),
              IsOk());
  EXPECT_EQ(*Handle(database_.pool(), key), response);
}

TEST_F(IdempotencyTest, StoringWithoutAClaimIsAMistake) {
  EXPECT_THAT(database_.pool().Transact(Soon(), [](Session& session) { return Store(session, NewKey(), "x"); }),
              Fails(StatusCode::kInternal, "DATABASE_ERROR"));
}

TEST_F(IdempotencyTest, ManyAtOnceHaveOneEffect) {
  const auto pool = database_.NewPool({.size = 10, .max_wait = absl::Seconds(10)});
  for (int round = 0; round < 5; ++round) {
    const IdempotencyKey key = NewKey();
    std::vector<std::string> responses(10);
    std::vector<std::thread> threads;
    for (std::string& response : responses) {
      threads.emplace_back([&] {
        const auto result = Handle(*pool, key);
        EXPECT_THAT(result.status(), IsOk());
        response = result.value_or("");
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(responses, ::testing::Each(responses[0]));
    EXPECT_EQ(Effects(), round + 1);
  }
}

TEST_F(IdempotencyTest, PurgeDeletesTheOldInChunks) {
  const absl::Time now = absl::Now();
  EXPECT_THAT(database_.pool().Transact(Soon(),
                                        [&](Session& session) -> absl::Status {
                                          for (int i = 0; i < 25; ++i) {
                                            const absl::Time time = now - (i < 5 ? absl::Hours(1) : absl::Hours(200));
                                            TRELLIS_RETURN_IF_ERROR(Claim(session, NewKey(), time).status());
                                          }
                                          return absl::OkStatus();
                                        }),
              IsOk());
  const auto purged = PurgeIdempotency(database_.pool(), Soon(), now - absl::Hours(168), /*chunk=*/7);
  EXPECT_EQ(*purged, 20);
  EXPECT_EQ(Number(database_.pool(), "SELECT COUNT(*) FROM idempotency"), 5);
}

class LostCommitTest : public IdempotencyTest {
 protected:
  void SetUp() override {
    Settings settings = database_.settings();
    if (settings.host.empty()) GTEST_SKIP() << "the test server has no TCP port";
    gate_ = *testing::TcpGate::Open(settings.port);
    settings.unix_socket.clear();
    settings.host = "127.0.0.1";
    settings.port = gate_->port();
    pool_ = *Pool::Open(settings, {.size = 4}, &metrics_);
  }
  void Spoil(testing::TcpGate::CommitFault fault) { gate_->SpoilCommits(fault, 1); }

  std::unique_ptr<testing::TcpGate> gate_;
  CountingMetrics metrics_;
  std::unique_ptr<Pool> pool_;
};

TEST_F(LostCommitTest, FiftyLostAnswersLoseAndDoubleNothing) {
  for (int i = 0; i < 50; ++i) {
    const IdempotencyKey key = NewKey();
    int runs = 0;
    Spoil(testing::TcpGate::CommitFault::kDropAnswer);
    const auto first = Handle(*pool_, key, &runs);
    ASSERT_THAT(first.status(), IsOk());
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(*Handle(*pool_, key), *first);
  }
  EXPECT_EQ(gate_->commits_spoiled(), 50);
  EXPECT_EQ(Effects(), 50);
  EXPECT_EQ(Number(database_.pool(), "SELECT COUNT(DISTINCT request_id) FROM effect"), 50);
}

TEST_F(LostCommitTest, FiftyLostCommitsLoseAndDoubleNothing) {
  for (int i = 0; i < 50; ++i) {
    Spoil(testing::TcpGate::CommitFault::kDropRequest);
    ASSERT_THAT(Handle(*pool_, NewKey()).status(), IsOk());
  }
  EXPECT_EQ(gate_->commits_spoiled(), 50);
  EXPECT_EQ(Effects(), 50);
  EXPECT_EQ(Number(database_.pool(), "SELECT COUNT(DISTINCT request_id) FROM effect"), 50);
}

TEST_F(LostCommitTest, WithoutARecordTheDoubtIsTold) {
  Spoil(testing::TcpGate::CommitFault::kDropAnswer);
  int runs = 0;
  EXPECT_THAT(
      pool_->Transact(
          Soon(),
          [&](Session& session) {
            ++runs;
            return session.Execute("INSERT INTO effect (id, request_id) VALUES (?, ?)", NewId(), NewId()).status();
          }),
      Fails(StatusCode::kUnavailable, "COMMIT_UNKNOWN"));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(Effects(), 1);
}

TEST_F(LostCommitTest, DoubtThatCannotBeResolvedIsTold) {
  gate_->SpoilCommits(testing::TcpGate::CommitFault::kDropAnswer, 100);
  const IdempotencyKey key = NewKey();
  const auto first = Handle(*pool_, key);
  EXPECT_THAT(first.status(), Fails(StatusCode::kUnavailable, "COMMIT_UNKNOWN"));
  EXPECT_EQ(gate_->commits_spoiled(), 4);
  gate_->SpoilCommits(testing::TcpGate::CommitFault::kNone, 0);
  EXPECT_THAT(Handle(*pool_, key).status(), IsOk());
  EXPECT_EQ(Effects(), 1);
}

}  // namespace
}  // namespace trellis::db
