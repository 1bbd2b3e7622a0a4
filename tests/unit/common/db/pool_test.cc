#include "common/db/pool.h"

#include <atomic>
#include <thread>

#include "common/db/errors.h"
#include "common/testing/private_mariadb.h"
#include "common/testing/scratch_database.h"
#include "common/testing/tcp_gate.h"
#include "tests/unit/common/db/support.h"

namespace trellis::db {
namespace {

using absl::StatusCode;

std::int64_t ConnectionId(Session& session) {
  const auto row = session.QueryOne<std::int64_t>("SELECT CONNECTION_ID()");
  return row.ok() && row->has_value() ? std::get<0>(**row) : -1;
}

std::int64_t ConnectionId(Pool& pool) {
  std::int64_t id = -1;
  EXPECT_THAT(pool.Read(Soon(),
                        [&](Session& session) {
                          id = ConnectionId(session);
                          return absl::OkStatus();
                        }),
              IsOk());
  return id;
}

class PoolTest : public ::testing::Test {
 protected:
  testing::ScratchDatabase database_;
  CountingMetrics metrics_;
};

// Holds a connection of the pool until it is destroyed.
class Occupant {
 public:
  explicit Occupant(Pool& pool)
      : thread_([this, &pool] {
          EXPECT_THAT(pool.Read(In(absl::Minutes(1)),
                                [this](Session&) {
                                  inside_ = true;
                                  while (!leave_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                  return absl::OkStatus();
                                }),
                      IsOk());
        }) {
    while (!inside_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~Occupant() {
    leave_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> inside_{false};
  std::atomic<bool> leave_{false};
  std::thread thread_;
};

TEST_F(PoolTest, RefusesSettingsThatCannotWork) {
  EXPECT_THAT(Pool::Open({}, {}, nullptr).status(), Fails(StatusCode::kInvalidArgument, "DATABASE_SETTINGS"));
  EXPECT_THAT(Pool::Open({.host = "h", .port = 0}, {}, nullptr).status(),
              Fails(StatusCode::kInvalidArgument, "DATABASE_SETTINGS"));
  EXPECT_THAT(Pool::Open({.host = "h", .tls_required = true}, {}, nullptr).status(),
              Fails(StatusCode::kInvalidArgument, "DATABASE_SETTINGS"));
  EXPECT_THAT(Pool::Open({.host = "h"}, {.size = 0}, nullptr).status(),
              Fails(StatusCode::kInvalidArgument, "DATABASE_SETTINGS"));
}

TEST_F(PoolTest, OpensWithoutAServerAndFailsEachCall) {
  auto pool = Pool::Open({.host = "127.0.0.1", .port = 1, .user = "secret_user"}, {.warm = 3}, &metrics_);
  ASSERT_THAT(pool.status(), IsOk());
  EXPECT_EQ(metrics_.failed_connects(), 1);
  for (int i = 0; i < 20; ++i) {  // no permit is lost
    const absl::Status status = (*pool)->Read(Soon(), [](Session&) { return absl::OkStatus(); });
    EXPECT_THAT(status, Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
    EXPECT_EQ(status.message().find("secret_user"), absl::string_view::npos);
    EXPECT_EQ(status.message().find("127.0.0.1"), absl::string_view::npos);
  }
  EXPECT_EQ((*pool)->state().in_use, 0);
}

TEST_F(PoolTest, WrongPasswordSaysNothingOfHostOrUser) {
  Settings settings = database_.settings();
  settings.password = "wrong";
  auto pool = Pool::Open(settings, {}, nullptr);
  const absl::Status status = (*pool)->Ping(Soon());
  EXPECT_THAT(status, Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
  EXPECT_EQ(ErrnoOf(status), 1045);
  EXPECT_EQ(status.message().find(settings.user), absl::string_view::npos);
}

TEST_F(PoolTest, UsesConnectionsAgain) {
  const auto pool = database_.NewPool({.size = 4, .warm = 2}, &metrics_);
  EXPECT_EQ(metrics_.connects(), 2);
  const std::int64_t first = ConnectionId(*pool);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ConnectionId(*pool), first);
  EXPECT_EQ(metrics_.connects(), 2);
  EXPECT_EQ(pool->state().open, 2);
}

TEST_F(PoolTest, DoesNotPingOnCheckout) {
  const auto pool = database_.NewPool({.size = 1});
  std::vector<std::int64_t> questions;
  for (int i = 0; i < 3; ++i) {
    MustRead(*pool, [&](Session& session) {
      questions.push_back(ServerCounter(session, "Com_admin_commands"));
      return absl::OkStatus();
    });
  }
  EXPECT_EQ(questions[1], questions[2]);
}

TEST_F(PoolTest, ChecksConnectionsThatIdledForLong) {
  ManualClock clock(absl::Now());
  const auto pool = database_.NewPool({.size = 1, .max_lifetime = absl::Hours(10), .clock = &clock}, &metrics_);
  const std::int64_t first = ConnectionId(*pool);
  clock.Advance(absl::Seconds(31));
  EXPECT_EQ(ConnectionId(*pool), first);  // checked and found alive
  MustRun(database_.pool(), absl::StrCat("KILL ", first));
  clock.Advance(absl::Seconds(31));
  EXPECT_NE(ConnectionId(*pool), first);
  EXPECT_EQ(metrics_.errors().size(), 0u);
}

TEST_F(PoolTest, RetiresConnectionsAtDifferentTimes) {
  ManualClock clock(absl::Now());
  const auto pool = database_.NewPool({.size = 1, .max_lifetime = absl::Minutes(10), .clock = &clock});
  const std::int64_t first = ConnectionId(*pool);
  clock.Advance(absl::Minutes(7.9));
  EXPECT_EQ(ConnectionId(*pool), first);
  clock.Advance(absl::Minutes(2.2));
  ConnectionId(*pool);  // its last use
  EXPECT_NE(ConnectionId(*pool), first);
}

TEST_F(PoolTest, BusyIsToldFromLate) {
  const auto pool = database_.NewPool({.size = 1, .max_wait = absl::Milliseconds(200)});
  const Occupant occupant(*pool);
  const auto nothing = [](Session&) { return absl::OkStatus(); };
  absl::Time start = absl::Now();
  EXPECT_THAT(pool->Read(Soon(), nothing), Fails(StatusCode::kResourceExhausted, "DATABASE_BUSY"));
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(200));
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
  EXPECT_EQ(pool->state().waiting, 0);

  const auto patient = database_.NewPool({.size = 1, .max_wait = absl::Seconds(5)});
  const Occupant another(*patient);
  start = absl::Now();
  EXPECT_THAT(patient->Read(In(absl::Milliseconds(10)), nothing),
              Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(4));
  EXPECT_EQ(patient->state().waiting, 0);
}

TEST_F(PoolTest, NeverLendsMoreThanItsSize) {
  const auto pool = database_.NewPool({.size = 3, .max_wait = absl::Seconds(10)}, &metrics_);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) {
        EXPECT_THAT(pool->Read(Soon(),
                               [&](Session& session) {
                                 const int now = ++inside;
                                 int seen = most;
                                 while (seen < now && !most.compare_exchange_weak(seen, now)) {
                                 }
                                 const absl::Status status = session.QueryOne<int>("SELECT SLEEP(0.001)").status();
                                 --inside;
                                 return status;
                               }),
                    IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 3);
  EXPECT_LE(metrics_.connects(), 3);
  EXPECT_EQ(pool->state().in_use, 0);
}

TEST_F(PoolTest, ServesWaitersInTheirOrder) {
  const auto pool = database_.NewPool({.size = 1, .max_wait = absl::Seconds(10)});
  std::vector<int> order;  // guarded by the only connection
  std::vector<std::thread> threads;
  {
    const Occupant occupant(*pool);
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        EXPECT_THAT(pool->Read(Soon(),
                               [&](Session&) {
                                 order.push_back(i);
                                 return absl::OkStatus();
                               }),
                    IsOk());
      });
      while (pool->state().waiting != i + 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(PoolTest, ReadsGoOnAfterTheirConnectionWasKilled) {
  const auto pool = database_.NewPool({.size = 1}, &metrics_);
  const std::int64_t first = ConnectionId(*pool);
  MustRun(database_.pool(), absl::StrCat("KILL ", first));
  const std::int64_t second = ConnectionId(*pool);
  EXPECT_NE(second, first);
  EXPECT_NE(second, -1);
  EXPECT_EQ(pool->state().open, 1);
}

TEST_F(PoolTest, DropsAConnectionKilledInUse) {
  const auto pool = database_.NewPool({.size = 2}, &metrics_);
  std::int64_t first = -1;
  const absl::Status status = pool->Read(Soon(), [&](Session& session) -> absl::Status {
    first = ConnectionId(session);
    MustRun(database_.pool(), absl::StrCat("KILL ", first));
    return session.Execute("DO 1").status();  // not a query: not sent again
  });
  EXPECT_THAT(status, Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
  EXPECT_EQ(pool->state().open, 0);
  EXPECT_NE(ConnectionId(*pool), first);
}

TEST_F(PoolTest, ChecksAllIdleConnectionsAfterALoss) {
  const auto pool = database_.NewPool({.size = 3, .warm = 3}, &metrics_);
  std::vector<std::int64_t> ids;
  {
    const Occupant one(*pool);
    const Occupant two(*pool);
    ids.push_back(ConnectionId(*pool));
  }
  // All are killed, as when the server restarts; the first loss is found by use, the others by a check.
  EXPECT_THAT(database_.pool().Read(Soon(),
                                    [&](Session& session) -> absl::Status {
                                      TRELLIS_ASSIGN_OR_RETURN(
                                          const auto rows,
                                          session.Query<std::int64_t>(
                                              "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND "
                                              "ID <> CONNECTION_ID() LIMIT 100"));
                                      for (const auto& [id] : rows) {
                                        TRELLIS_RETURN_IF_ERROR(session.ExecuteText(absl::StrCat("KILL ", id)));
                                      }
                                      return absl::OkStatus();
                                    }),
              IsOk());
  for (int i = 0; i < 3; ++i) EXPECT_NE(ConnectionId(*pool), ids[0]);
  {
    const Occupant one(*pool);
    const Occupant two(*pool);
    EXPECT_THAT(pool->Transact(Soon(), [](Session& session) { return session.Execute("DO 1").status(); }), IsOk());
  }
  EXPECT_THAT(metrics_.retries(), ::testing::IsEmpty());
}

TEST_F(PoolTest, ClosedPoolRefuses) {
  const auto pool = database_.NewPool({.size = 2, .warm = 2});
  {
    const Occupant occupant(*pool);
    pool->Close();
    EXPECT_EQ(pool->state().open, 1);
  }
  EXPECT_EQ(pool->state().open, 0);
  EXPECT_THAT(pool->Ping(Soon()), Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
}

TEST_F(PoolTest, BodysErrorComesBackAsItIs) {
  EXPECT_EQ(database_.pool().Read(Soon(), [](Session&) { return absl::NotFoundError("mine"); }),
            absl::NotFoundError("mine"));
}

// Over TCP, through a gate.
class GatedPoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Settings settings = testing::PrivateMariaDb::Shared();
    if (settings.host.empty()) GTEST_SKIP() << "the test server has no TCP port";
    gate_ = *testing::TcpGate::Open(settings.port);
    settings.unix_socket.clear();
    settings.host = "127.0.0.1";
    settings.port = gate_->port();
    settings_ = settings;
  }
  std::unique_ptr<testing::TcpGate> gate_;
  Settings settings_;
};

TEST_F(GatedPoolTest, GivesUpOnASilentServer) {
  const auto pool = *Pool::Open(
      settings_, {.size = 1, .statement_limit = absl::Seconds(1), .read_margin = absl::Seconds(1)}, nullptr);
  ASSERT_THAT(pool->Ping(Soon()), IsOk());
  gate_->SetMode(testing::TcpGate::Mode::kBlackHole);
  const absl::Time start = absl::Now();
  EXPECT_THAT(
      pool->Read(In(absl::Seconds(2)), [](Session& session) { return session.QueryOne<int>("SELECT 1").status(); }),
      Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(6));
  gate_->SetMode(testing::TcpGate::Mode::kPass);
  EXPECT_THAT(pool->Ping(Soon()), IsOk());
}

// A result that breaks off is read again as a whole, never taken for a short one.
TEST_F(GatedPoolTest, BrokenOffResultIsNotShort) {
  const auto pool = *Pool::Open(settings_, {.size = 1}, nullptr);
  gate_->SetDelay(absl::Milliseconds(20));
  gate_->SetMode(testing::TcpGate::Mode::kDelay);
  std::thread breaker([this] {
    absl::SleepFor(absl::Milliseconds(110));
    gate_->SetMode(testing::TcpGate::Mode::kPass);
    gate_->CloseAll();
  });
  std::size_t rows = 0;
  const absl::Status status = pool->Read(Soon(), [&](Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(
        const auto all,
        (session.Query<int, std::string>("WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE "
                                         "n < 900) SELECT n, REPEAT('x', 1000) FROM t LIMIT 1000")));
    rows = all.size();
    return absl::OkStatus();
  });
  breaker.join();
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(rows, 900u);
}

TEST_F(GatedPoolTest, OutlivesClosedConnectionsAndDelay) {
  const auto pool = *Pool::Open(settings_, {.size = 2}, nullptr);
  for (int i = 0; i < 5; ++i) {
    gate_->CloseAll();
    EXPECT_THAT(pool->Read(Soon(), [](Session& session) { return session.QueryOne<int>("SELECT 1").status(); }),
                IsOk());
  }
  gate_->SetDelay(absl::Milliseconds(30));
  gate_->SetMode(testing::TcpGate::Mode::kDelay);
  const absl::Time start = absl::Now();
  EXPECT_THAT(pool->Read(Soon(), [](Session& session) { return session.QueryOne<int>("SELECT 1").status(); }), IsOk());
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(60));
  gate_->SetMode(testing::TcpGate::Mode::kClose);
  EXPECT_THAT(pool->Read(Soon(), [](Session& session) { return session.QueryOne<int>("SELECT 1").status(); }),
              Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
}

}  // namespace
}  // namespace trellis::db
