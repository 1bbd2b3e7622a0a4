#include "common/testing/fault_point.h"

#include "gtest/gtest.h"

namespace trellis::testing {
namespace {

const auto kFail = [] { return absl::UnavailableError("injected"); };

TEST(FaultPointTest, DoesNothingUnlessArmed) {
  EXPECT_TRUE(FaultPoint("a").ok());
  EXPECT_EQ(fault_hook.load(), nullptr);
}

TEST(FaultPointTest, FailsAsOftenAsAsked) {
  const ScopedFault fault("a", kFail, 2);
  EXPECT_FALSE(FaultPoint("a").ok());
  EXPECT_TRUE(FaultPoint("b").ok());
  EXPECT_FALSE(FaultPoint("a").ok());
  EXPECT_TRUE(FaultPoint("a").ok());
  EXPECT_EQ(fault.hits(), 2);
}

TEST(FaultPointTest, EndsWithItsScope) {
  {
    const ScopedFault fault("a", kFail);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(FaultPoint("a").ok());
  }
  EXPECT_TRUE(FaultPoint("a").ok());
  EXPECT_EQ(fault_hook.load(), nullptr);
}

}  // namespace
}  // namespace trellis::testing
