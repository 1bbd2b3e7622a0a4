#include "services/cli/table.h"

#include "gtest/gtest.h"
#include "services/cli/enums.h"
#include "trellis/referral/v1/referral.pb.h"

namespace trellis::cli {
namespace {

TEST(Table, AlignsColumnsByWhatIsSeenNotByBytes) {
  Table table({"name", "n"});
  table.Add({"Zoë", "1"});
  table.Add({"Anneliese", "22"});
  EXPECT_EQ(table.ToString(),
            "    name       n\n"
            "    ─────────────\n"
            "    Zoë        1\n"
            "    Anneliese  22\n");
}

TEST(Table, KnowsWhenItHasNoRows) {
  Table table({"name"});
  EXPECT_TRUE(table.empty());
  table.Add({"x"});
  EXPECT_FALSE(table.empty());
}

TEST(Shorten, CutsBetweenCodePoints) {
  EXPECT_EQ(Shorten("Zoë", 3), "Zoë");
  EXPECT_EQ(Shorten("Zoëlla", 4), "Zoë…");
  EXPECT_EQ(DisplayWidth(Shorten("Counselling for young people", 12)), 12u);
}

TEST(Formats, AreForPeople) {
  types::v1::Date date;
  EXPECT_EQ(FormatDate(date), "");
  date.set_year(2008);
  date.set_month(3);
  date.set_day(4);
  EXPECT_EQ(FormatDate(date), "2008-03-04");
  google::protobuf::Timestamp time;
  EXPECT_EQ(FormatTime(time), "");
  time.set_seconds(1767225600);
  EXPECT_EQ(FormatTime(time), "2026-01-01 00:00");
  EXPECT_EQ(FormatNumber(12), "12");
  EXPECT_EQ(FormatNumber(7.5), "7.5");
}

TEST(Enums, AreSpokenWithoutTheirPrefix) {
  using State = referral::v1::Referral::State;
  EXPECT_EQ(Text(referral::v1::Referral::STATE_IN_PROGRESS), "in-progress");
  EXPECT_EQ(Text(referral::v1::Referral::STATE_UNSPECIFIED), "");
  EXPECT_EQ(*ParseEnum<State>("state", "in-progress"), referral::v1::Referral::STATE_IN_PROGRESS);
  EXPECT_EQ(*ParseEnum<State>("state", "IN_PROGRESS"), referral::v1::Referral::STATE_IN_PROGRESS);
  const auto wrong = ParseEnum<State>("state", "gone");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(std::string(wrong.status().message()).find("--state 'gone' is not one of draft, requested"),
            std::string::npos);
}

}  // namespace
}  // namespace trellis::cli
