#include "common/feed/follower.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/testing/fault_point.h"
#include "gmock/gmock.h"
#include "tests/unit/common/feed/feed_fixture.h"

namespace trellis::feed {
namespace {

using Round = Follower::Round;

class Notes final : public FollowerObserver {
 public:
  void OnApplied(int events, std::int64_t) override { applied += events; }
  void OnLag(absl::Duration value) override { lag = value; }
  void OnFailure(const absl::Status& status) override { failures.push_back(status); }
  void OnParked(bool value, std::int64_t position) override {
    parked = value;
    parked_at = position;
  }
  void OnCaughtUp(absl::Time as_of) override { caught_up = as_of; }

  int applied = 0;
  absl::Duration lag;
  std::vector<absl::Status> failures;
  bool parked = false;
  std::int64_t parked_at = 0;
  absl::Time caught_up = absl::InfinitePast();
};

// The effect of an event is a row without any key that could refuse a second one.
class FollowerTest : public FeedTest {
 protected:
  FollowerTest() {
    const absl::Status status = pool().Read(Soon(), [](db::Session& session) {
      return session.ExecuteText(
          "CREATE TABLE effect (id BINARY(16) NOT NULL PRIMARY KEY, position BIGINT NOT NULL, fence BIGINT NOT NULL)");
    });
    EXPECT_TRUE(status.ok()) << status;
  }

  Follower::Options Options(absl::Duration lease = absl::Seconds(30)) {
    Follower::Options options;
    options.feed = "upstream";
    options.owner = NewId();
    options.lease = lease;
    options.wait = absl::ZeroDuration();
    options.first_retry = absl::Milliseconds(1);
    options.last_retry = absl::Milliseconds(5);
    options.park_after = 3;
    return options;
  }
  std::unique_ptr<Follower> Make(Follower::Options options) { return Make(std::move(options), Effect()); }
  std::unique_ptr<Follower> Make(Follower::Options options, Handler handler) {
    return std::make_unique<Follower>(std::move(options), &source_, &pool(), std::move(handler), &notes_);
  }
  Handler Effect() {
    return [this](db::Session& tx, const events::v1::Event& event) { return Write(tx, event); };
  }
  absl::Status Write(db::Session& tx, const events::v1::Event& event) {
    return tx.Execute("INSERT INTO effect (id, position, fence) VALUES (?, ?, 0)", NewId(), event.position()).status();
  }
  // Positions 1..n once each, nothing else.
  void ExpectEffects(std::int64_t n) {
    EXPECT_EQ(Count("SELECT COUNT(*) FROM effect"), n);
    EXPECT_EQ(Count("SELECT COUNT(DISTINCT position) FROM effect"), n);
    EXPECT_EQ(Count("SELECT COALESCE(MAX(position), 0) FROM effect"), n);
    EXPECT_EQ(Position(), n);
  }
  std::int64_t Position() { return Count("SELECT position FROM feed_follower WHERE feed = 'upstream'"); }

  ScriptedSource source_;
  Notes notes_;
};

TEST_F(FollowerTest, AppliesEachEventOnceAndGoesOnWhereItStopped) {
  source_.AddNumbers(1, 10);
  auto follower = Make(Options());
  EXPECT_EQ(follower->RunOnce(), Round::kApplied);
  EXPECT_EQ(follower->RunOnce(), Round::kCaughtUp);
  ExpectEffects(10);
  source_.AddNumbers(11, 12);
  EXPECT_EQ(follower->RunOnce(), Round::kApplied);
  ExpectEffects(12);

  ASSERT_TRUE(Run("UPDATE feed_follower SET lease_until = UTC_TIMESTAMP(6)").ok());
  source_.AddNumbers(13, 13);
  auto next_process = Make(Options());
  EXPECT_EQ(next_process->RunOnce(), Round::kApplied);
  ExpectEffects(13);
  EXPECT_EQ(notes_.applied, 13);
}

TEST_F(FollowerTest, ReadsInBatches) {
  source_.AddNumbers(1, 25);
  Follower::Options options = Options();
  options.batch = 10;
  auto follower = Make(options);
  EXPECT_EQ(follower->RunOnce(), Round::kApplied);
  ExpectEffects(10);
  EXPECT_GT(notes_.lag, absl::ZeroDuration());
  follower->RunOnce();
  follower->RunOnce();
  ExpectEffects(25);
  EXPECT_EQ(notes_.lag, absl::ZeroDuration());
}

TEST_F(FollowerTest, AFailureBetweenEffectAndPositionUndoesBoth) {
  source_.AddNumbers(1, 5);
  auto follower = Make(Options());
  {
    testing::ScopedFault fault(
        "feed.before_commit", [] { return absl::InternalError("injected"); }, 1);
    EXPECT_EQ(follower->RunOnce(), Round::kFailed);
    EXPECT_EQ(fault.hits(), 1);
  }
  EXPECT_EQ(Count("SELECT COUNT(*) FROM effect"), 0);
  EXPECT_EQ(Position(), 0);
  while (follower->RunOnce() == Round::kApplied) {
  }
  ExpectEffects(5);
}

// The process dies with the effects written and the position moved, before the commit.
TEST_F(FollowerTest, DyingBeforeTheCommitLosesNothingAndDoublesNothing) {
  source_.AddNumbers(1, 5);
  const db::Settings settings = database_.settings();
  for (int death = 0; death < 5; ++death) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto own_pool = db::Pool::Open(settings, {}, nullptr);
      if (!own_pool.ok()) _exit(2);
      testing::ScopedFault fault("feed.before_commit", [] {
        return absl::Status(kill(getpid(), SIGKILL) == 0 ? absl::StatusCode::kUnknown : absl::StatusCode::kInternal,
                            "");
      });
      Follower::Options options = Options();
      options.batch = death + 1;
      Follower follower(options, &source_, own_pool->get(), Effect());
      follower.RunOnce();
      _exit(3);
    }
    int state = 0;
    ASSERT_EQ(waitpid(child, &state, 0), child);
    ASSERT_TRUE(WIFSIGNALED(state)) << WEXITSTATUS(state);
    EXPECT_EQ(WTERMSIG(state), SIGKILL);
    // The server rolls back when it notices that the connection is gone; the lease is given up by time.
    const absl::Time until = absl::Now() + absl::Seconds(20);
    while (!Run("UPDATE feed_follower SET lease_until = UTC_TIMESTAMP(6)").ok() && absl::Now() < until) {
    }
    EXPECT_EQ(Count("SELECT COUNT(*) FROM effect"), 0);
    EXPECT_EQ(Position(), 0);
  }
  auto follower = Make(Options());
  EXPECT_EQ(follower->RunOnce(), Round::kApplied);
  ExpectEffects(5);
}

TEST_F(FollowerTest, OneReplicaWorksTheOtherStandsBy) {
  source_.AddNumbers(1, 3);
  auto a = Make(Options()), b = Make(Options());
  EXPECT_EQ(a->RunOnce(), Round::kApplied);
  EXPECT_EQ(b->RunOnce(), Round::kStandingBy);
  EXPECT_EQ(source_.reads(), 1);  // who stands by does not even read
  ExpectEffects(3);
}

TEST_F(FollowerTest, WhoStandsByTakesOverWhenTheLeaseRunsOut) {
  auto a = Make(Options(absl::Milliseconds(200))), b = Make(Options(absl::Milliseconds(200)));
  source_.AddNumbers(1, 1);
  EXPECT_EQ(a->RunOnce(), Round::kApplied);
  EXPECT_EQ(b->RunOnce(), Round::kStandingBy);
  source_.AddNumbers(2, 2);
  absl::SleepFor(absl::Milliseconds(250));
  EXPECT_EQ(b->RunOnce(), Round::kApplied);
  ExpectEffects(2);
}

TEST_F(FollowerTest, WhoHoldsTheLeaseKeepsItByWorking) {
  auto a = Make(Options(absl::Seconds(2))), b = Make(Options(absl::Seconds(2)));
  a->RunOnce();
  const absl::Time until = absl::Now() + absl::Seconds(3);
  while (absl::Now() < until) {
    EXPECT_EQ(a->RunOnce(), Round::kCaughtUp);
    EXPECT_EQ(b->RunOnce(), Round::kStandingBy);
    absl::SleepFor(absl::Milliseconds(100));
  }
}

// The first one is stopped for longer than its lease lasts (a pause of the machine), the second takes over, the first
// wakes up in the middle of its work.
TEST_F(FollowerTest, WhoLostTheLeaseWithoutNoticingCommitsNothing) {
  source_.AddNumbers(1, 1);
  auto b = Make(Options());
  auto a = Make(Options());
  ASSERT_EQ(a->RunOnce(), Round::kApplied);  // a holds the lease and knows fence and position
  source_.AddNumbers(2, 4);
  ASSERT_TRUE(Run("UPDATE feed_follower SET lease_until = UTC_TIMESTAMP(6)").ok());
  ASSERT_EQ(b->RunOnce(), Round::kApplied);
  ExpectEffects(4);
  source_.AddNumbers(5, 6);
  EXPECT_EQ(a->RunOnce(), Round::kStandingBy);  // would have applied 2 to 6
  ExpectEffects(4);
  EXPECT_TRUE(notes_.failures.empty());
  EXPECT_EQ(a->RunOnce(), Round::kStandingBy);
  EXPECT_EQ(b->RunOnce(), Round::kApplied);
  ExpectEffects(6);
}

TEST_F(FollowerTest, ABadEventStopsTheFeedLoudlyAndNothingBeforeIt) {
  source_.AddNumbers(1, 10);
  bool mended = false;
  auto follower = Make(Options(), [&](db::Session& tx, const events::v1::Event& event) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(Write(tx, event));
    if (event.position() == 7 && !mended) return absl::InternalError("no idea what this means");
    return absl::OkStatus();
  });
  for (int i = 0; i < 20 && !follower->parked(); ++i) follower->RunOnce();
  EXPECT_TRUE(follower->parked());
  EXPECT_TRUE(notes_.parked);
  EXPECT_EQ(notes_.parked_at, 7);
  ExpectEffects(6);
  EXPECT_EQ(follower->RunOnce(), Round::kFailed);
  ExpectEffects(6);  // never skipped

  mended = true;
  for (int i = 0; i < 10 && Position() < 10; ++i) follower->RunOnce();
  ExpectEffects(10);
  EXPECT_FALSE(follower->parked());
  EXPECT_FALSE(notes_.parked);
}

TEST_F(FollowerTest, FailuresThatPassNeverParkAnEvent) {
  source_.AddNumbers(1, 1);
  int tries = 0;
  auto follower = Make(Options(), [&](db::Session& tx, const events::v1::Event& event) -> absl::Status {
    if (++tries <= 20) return absl::UnavailableError("later");
    return Write(tx, event);
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(follower->RunOnce(), Round::kFailed);
  EXPECT_FALSE(follower->parked());
  EXPECT_EQ(follower->RunOnce(), Round::kApplied);
  ExpectEffects(1);
}

TEST_F(FollowerTest, AnUnreachableFeedIsReportedAndRetried) {
  source_.Fail(absl::UnavailableError("no connection"));
  auto follower = Make(Options());
  EXPECT_EQ(follower->RunOnce(), Round::kFailed);
  ASSERT_EQ(notes_.failures.size(), 1u);
  EXPECT_EQ(notes_.caught_up, absl::InfinitePast());
  source_.Fail(absl::OkStatus());
  source_.AddNumbers(1, 1);
  EXPECT_EQ(follower->RunOnce(), Round::kApplied);
}

TEST_F(FollowerTest, AGapIsNeverSteppedOver) {
  source_.AddNumbers(1, 2);
  source_.Add(NumberEvent(4, 4));
  auto follower = Make(Options());
  for (int i = 0; i < 10; ++i) follower->RunOnce();
  ExpectEffects(2);
  EXPECT_TRUE(follower->parked());
}

TEST_F(FollowerTest, AFeedThatWentBackIsNoticed) {
  source_.AddNumbers(1, 5);
  auto follower = Make(Options());
  follower->RunOnce();
  source_.Clear();
  source_.AddNumbers(1, 3);
  EXPECT_EQ(follower->RunOnce(), Round::kFailed);
  ASSERT_FALSE(notes_.failures.empty());
  EXPECT_EQ(notes_.failures.back().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FollowerTest, CaughtUpIsKnownToAllReplicas) {
  const absl::Time before = absl::Now();
  auto a = Make(Options());
  EXPECT_EQ(a->RunOnce(), Round::kCaughtUp);
  EXPECT_GE(notes_.caught_up, before);
  EXPECT_LE(notes_.caught_up, absl::Now());

  absl::SleepFor(absl::Milliseconds(300));
  notes_.caught_up = absl::InfinitePast();
  auto b = Make(Options());
  EXPECT_EQ(b->RunOnce(), Round::kStandingBy);
  EXPECT_GE(notes_.caught_up, before - absl::Milliseconds(50));
  EXPECT_LE(notes_.caught_up, absl::Now() - absl::Milliseconds(250));
}

TEST_F(FollowerTest, BehindIsNotCaughtUp) {
  source_.AddNumbers(1, 5);
  Follower::Options options = Options();
  options.batch = 2;
  auto follower = Make(options);
  follower->RunOnce();
  EXPECT_EQ(notes_.caught_up, absl::InfinitePast());
}

TEST_F(FollowerTest, StoppingGivesTheLeaseBack) {
  source_.AddNumbers(1, 2);
  auto a = Make(Options());
  a->Start();
  const absl::Time until = absl::Now() + absl::Seconds(20);
  while (Count("SELECT COUNT(*) FROM effect") < 2 && absl::Now() < until) absl::SleepFor(absl::Milliseconds(5));
  a->Stop();
  ScriptedSource other;
  other.AddNumbers(1, 3);
  Follower b(Options(), &other, &pool(), Effect());
  EXPECT_EQ(b.RunOnce(), Round::kApplied);  // without waiting for 30 seconds
  ExpectEffects(3);
}

// Two replicas, short leases, pauses, handlers that fail at random.
TEST_F(FollowerTest, ExactlyOnceWhateverHappens) {
  constexpr std::int64_t kEvents = 400;
  source_.AddNumbers(1, kEvents);
  std::atomic<std::uint64_t> dice = 1;
  const auto roll = [&] { return (dice = dice * 6364136223846793005u + 1442695040888963407u) >> 33; };
  const Handler handler = [&](db::Session& tx, const events::v1::Event& event) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(Write(tx, event));
    const std::uint64_t number = roll() % 100;
    if (number < 2) return absl::UnavailableError("at random");
    if (number < 4) absl::SleepFor(absl::Milliseconds(15));
    return absl::OkStatus();
  };
  std::vector<std::unique_ptr<ScriptedSource>> sources;
  std::vector<std::unique_ptr<Follower>> followers;
  for (int i = 0; i < 3; ++i) {
    sources.push_back(std::make_unique<ScriptedSource>());
    sources.back()->AddNumbers(1, kEvents);
    Follower::Options options = Options(absl::Milliseconds(20));
    options.batch = 15;
    options.wait = absl::Milliseconds(5);
    followers.push_back(std::make_unique<Follower>(options, sources.back().get(), &pool(), handler));
    followers.back()->Start();
  }
  const absl::Time until = absl::Now() + absl::Seconds(60);
  while (Position() < kEvents && absl::Now() < until) absl::SleepFor(absl::Milliseconds(20));
  for (auto& follower : followers) follower->Stop();
  ExpectEffects(kEvents);
}

}  // namespace
}  // namespace trellis::feed
