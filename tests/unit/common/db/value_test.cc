#include "common/db/value.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace trellis::db {
namespace {

const Value::Content kUnusable = Value::Unusable();

TEST(ValueTest, BindsIntegersAsSigned) {
  EXPECT_EQ(Value(-5).content(), Value::Content(std::int64_t{-5}));
  EXPECT_EQ(Value(std::uint32_t{4294967295}).content(), Value::Content(std::int64_t{4294967295}));
  EXPECT_EQ(Value(true).content(), Value::Content(std::int64_t{1}));
}

TEST(ValueTest, RefusesWhatNoColumnHolds) {
  EXPECT_EQ(Value(std::numeric_limits<std::uint64_t>::max()).content(), kUnusable);
  EXPECT_EQ(Value(std::numeric_limits<double>::quiet_NaN()).content(), kUnusable);
  EXPECT_EQ(Value(std::numeric_limits<double>::infinity()).content(), kUnusable);
  EXPECT_EQ(Value(absl::InfiniteFuture()).content(), kUnusable);
  EXPECT_EQ(Value(absl::InfinitePast()).content(), kUnusable);
  EXPECT_EQ(Value(absl::CivilDay(10000, 1, 1)).content(), kUnusable);
  EXPECT_EQ(Value(absl::CivilDay(0, 12, 31)).content(), kUnusable);
}

TEST(ValueTest, WritesTimesInUtcWithMicroseconds) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000) + absl::Nanoseconds(123'456'789);
  EXPECT_EQ(Value(time).content(), Value::Content(std::string("2023-11-14 22:13:20.123456")));
  EXPECT_EQ(Value(absl::FromUnixSeconds(-1)).content(), Value::Content(std::string("1969-12-31 23:59:59.000000")));
  EXPECT_EQ(Value(absl::CivilDay(2024, 2, 29)).content(), Value::Content(std::string("2024-02-29")));
}

TEST(ValueTest, EmptyOptionalIsNull) {
  EXPECT_EQ(Value(std::optional<int>()).content(), Value::Content(Value::Null()));
  EXPECT_EQ(Value(std::optional<int>(3)).content(), Value::Content(std::int64_t{3}));
  EXPECT_EQ(Value(std::nullopt).content(), Value::Content(Value::Null()));
}

TEST(ValueTest, VectorsBecomeSeveralArguments) {
  std::vector<Value> arguments;
  AppendArgument(arguments, 1);
  AppendArgument(arguments, std::vector<std::string>{"a", "b"});
  EXPECT_EQ(arguments, (std::vector<Value>{1, "a", "b"}));
  EXPECT_EQ(Placeholders(3), "?,?,?");
  EXPECT_EQ(Placeholders(1), "?");
}

}  // namespace
}  // namespace trellis::db
