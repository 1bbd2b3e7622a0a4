#include "services/directory/domain/calendar.h"

#include "gtest/gtest.h"

namespace trellis::directory {
namespace {

TEST(ParseDay, TakesDaysThatExist) {
  EXPECT_EQ(ParseDay("2024-02-29"), absl::CivilDay(2024, 2, 29));
  EXPECT_EQ(FormatDay(absl::CivilDay(987, 6, 5)), "0987-06-05");
  for (const char* bad : {"2023-02-29", "2023-13-01", "2023-00-10", "0000-01-01", "2023-1-01", "2023/01/01",
                          "yesterday", "2023-01-01T00:00:00Z", "", "2023-01-0a", "-023-01-01"}) {
    EXPECT_EQ(ParseDay(bad), std::nullopt) << bad;
  }
}

TEST(ParseTimeOfDay, KeepsHoursAndMinutes) {
  for (const char* good : {"09:30", "09:30:00", "09:30Z", "09:30:00+01:00", "09:30-05:00"}) {
    EXPECT_EQ(ParseTimeOfDay(good), "09:30") << good;
  }
  EXPECT_EQ(ParseTimeOfDay("24:00"), "24:00");
  for (const char* bad : {"9:30", "25:00", "24:01", "09:60", "09:30:99", "09-30", "09:30pm", "", "0"}) {
    EXPECT_EQ(ParseTimeOfDay(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace trellis::directory
