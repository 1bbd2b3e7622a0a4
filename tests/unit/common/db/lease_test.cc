#include "common/db/lease.h"

#include <atomic>
#include <thread>

#include "common/testing/scratch_database.h"
#include "tests/unit/common/db/support.h"

namespace trellis::db {
namespace {

using ::testing::Optional;

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() {
    MustRead(database_.pool(), [](Session& session) { return CreateLeaseTable(session); });
  }

  std::optional<std::int64_t> Acquire(const Id& holder, absl::Duration term = absl::Minutes(1)) {
    std::optional<std::int64_t> out;
    MustRead(database_.pool(), [&](Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(out, AcquireLease(session, "feed", holder, term));
      return absl::OkStatus();
    });
    return out;
  }
  bool Renew(const Id& holder, std::int64_t fence) {
    bool out = false;
    MustRead(database_.pool(), [&](Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(out, RenewLease(session, "feed", holder, fence, absl::Minutes(1)));
      return absl::OkStatus();
    });
    return out;
  }
  bool Check(const Id& holder, std::int64_t fence) {
    bool out = false;
    EXPECT_THAT(database_.pool().Transact(Soon(),
                                          [&](Session& session) -> absl::Status {
                                            TRELLIS_ASSIGN_OR_RETURN(out, CheckLease(session, "feed", holder, fence));
                                            return absl::OkStatus();
                                          }),
                IsOk());
    return out;
  }

  testing::ScratchDatabase database_;
  const Id one_ = NewId();
  const Id two_ = NewId();
};

TEST_F(LeaseTest, OneHolderAtATime) {
  EXPECT_THAT(Acquire(one_), Optional(1));
  EXPECT_EQ(Acquire(two_), std::nullopt);
  EXPECT_THAT(Acquire(one_), Optional(1));  // still its own: the number stays
  EXPECT_TRUE(Check(one_, 1));
  EXPECT_FALSE(Check(two_, 1));
}

TEST_F(LeaseTest, NumberGrowsWithEachHolder) {
  EXPECT_THAT(Acquire(one_, absl::Milliseconds(1)), Optional(1));
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_THAT(Acquire(two_), Optional(2));
  EXPECT_FALSE(Renew(one_, 1));
  EXPECT_FALSE(Check(one_, 1));
  EXPECT_TRUE(Renew(two_, 2));
}

TEST_F(LeaseTest, ReleasedLeaseIsFreeAtOnce) {
  EXPECT_THAT(Acquire(one_), Optional(1));
  MustRead(database_.pool(), [&](Session& session) { return ReleaseLease(session, "feed", one_, 1); });
  EXPECT_THAT(Acquire(two_), Optional(2));
}

TEST_F(LeaseTest, ManyAtOnceOneWins) {
  for (int round = 1; round <= 2; ++round) {  // first the row is missing, then it has run out
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        if (Acquire(NewId()).has_value()) ++winners;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(Number(database_.pool(), "SELECT fence FROM lease"), round);
    MustRun(database_.pool(), "UPDATE lease SET expire_time = UTC_TIMESTAMP(6)");
  }
}

}  // namespace
}  // namespace trellis::db
