#include "common/rpc/dates.h"

#include "gtest/gtest.h"

namespace trellis::rpc {
namespace {

types::v1::Date Date(int year, int month, int day) {
  types::v1::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(Dates, ComeBackAsTheyWent) {
  for (const absl::CivilDay day : {absl::CivilDay(1, 1, 1), absl::CivilDay(1850, 12, 31), absl::CivilDay(2024, 2, 29),
                                   absl::CivilDay(9999, 12, 31)}) {
    const auto back = FromDate(ToDate(day), "day");
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, day);
  }
}

TEST(Dates, OthersAreRefusedByTheFieldsName) {
  for (const types::v1::Date& date :
       {Date(2023, 2, 29), Date(2023, 4, 31), Date(2023, 0, 1), Date(2023, 13, 1), Date(2023, 1, 0), Date(2023, 1, 32),
        Date(0, 1, 1), Date(-5, 1, 1), Date(10000, 1, 1), Date(2147483647, 2147483647, 2147483647), Date(0, 0, 0)}) {
    const auto refused = FromDate(date, "person.birth_date");
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << date.ShortDebugString();
    EXPECT_EQ(refused.status().message().find("person.birth_date"), 0U) << refused.status();
  }
}

}  // namespace
}  // namespace trellis::rpc
