#include "services/caseload/domain/alert_rules.h"

#include "gtest/gtest.h"

namespace trellis::caseload {
namespace {

TEST(AlertRules, OneAlertForEachRuleWithTheFirstItemAndTheGravestLevel) {
  const std::vector<CriticalAnswer> alerts = AlertsFor({{"ideation", "q1", AlertLevel::kHigh},
                                                        {"behaviour", "q6", AlertLevel::kUrgent},
                                                        {"ideation", "q4", AlertLevel::kUrgent},
                                                        {"ideation", "q5", AlertLevel::kHigh}});
  ASSERT_EQ(alerts.size(), 2u);
  EXPECT_EQ(alerts[0].rule, "ideation");
  EXPECT_EQ(alerts[0].item, "q1");
  EXPECT_EQ(alerts[0].level, AlertLevel::kUrgent);
  EXPECT_EQ(alerts[1].rule, "behaviour");
  EXPECT_TRUE(AlertsFor({}).empty());
}

TEST(AlertRules, EachRuleHasAnIdOfItsOwn) { EXPECT_NE(AlertPurpose("a"), AlertPurpose("b")); }

}  // namespace
}  // namespace trellis::caseload
