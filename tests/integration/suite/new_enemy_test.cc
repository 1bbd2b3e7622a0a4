// What is written after somebody left a care team is never shown to them, in whichever service it is written.
#include "tests/access/new_enemy.h"

#include "absl/time/clock.h"
#include "common/testing/fault_point.h"
#include "gtest/gtest.h"

namespace trellis::matrix {
namespace {

class NewEnemyTest : public ::testing::Test {
 protected:
  // One world for all tests: it takes seconds to furnish.
  static NewEnemy& Enemy() {
    static NewEnemy* const enemy = new NewEnemy();
    return *enemy;
  }
};

constexpr int kRounds = 300;

TEST_F(NewEnemyTest, ReadsNothingNewInCaseload) { EXPECT_EQ(Enemy().RunCaseload(kRounds).read, 0); }

TEST_F(NewEnemyTest, ReadsNothingNewInAssessment) { EXPECT_EQ(Enemy().RunAssessment(kRounds).read, 0); }

// Every follower takes its time before it commits what it has heard.
TEST_F(NewEnemyTest, ReadsNothingNewWhereTheReplicasLag) {
  const testing::ScopedFault slow("feed.before_commit", [] {
    absl::SleepFor(absl::Milliseconds(25));
    return absl::OkStatus();
  });
  EXPECT_EQ(Enemy().RunCaseload(kRounds).read, 0);
  EXPECT_EQ(Enemy().RunAssessment(kRounds).read, 0);
}

// Nothing is lost because identity is away: within the replica's five seconds people write on as before.
TEST_F(NewEnemyTest, WritesGoOnWhereIdentityIsAway) {
  Enemy().world().service("identity").Stop();
  EXPECT_LT(Enemy().TimeRecording(5).back(), absl::Seconds(2));
  Enemy().world().service("identity").Restart();
}

}  // namespace
}  // namespace trellis::matrix
