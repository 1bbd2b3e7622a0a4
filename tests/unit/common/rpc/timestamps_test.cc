#include "common/rpc/timestamps.h"

#include <cstdint>
#include <limits>
#include <tuple>

#include "gtest/gtest.h"

namespace trellis::rpc {
namespace {

google::protobuf::Timestamp At(std::int64_t seconds, std::int32_t nanos) {
  google::protobuf::Timestamp out;
  out.set_seconds(seconds);
  out.set_nanos(nanos);
  return out;
}

// What a moment, so many microseconds from 1970, looks like on the wire.
struct Case {
  std::int64_t micros;
  std::int64_t seconds;
  std::int32_t nanos;
};
constexpr Case kCases[] = {
    {0, 0, 0},
    {1, 0, 1'000},
    {999'999, 0, 999'999'000},
    {1'000'000, 1, 0},
    {-1, -1, 999'999'000},  // nanos count forward, before 1970 too
    {-999'999, -1, 1'000},
    {-1'000'000, -1, 0},
    {-1'000'001, -2, 999'999'000},
    {-62'135'596'800'000'000, -62'135'596'800, 0},                    // the first moment of year 1
    {253'402'300'799'999'999, 253'402'300'799, 999'999'000},          // the last one of year 9999
    {1'772'323'200'123'456, 1'772'323'200, 123'456'000},
};

TEST(TimestampsTest, GoToTheWireAndBack) {
  for (const Case& test : kCases) {
    const absl::Time time = absl::FromUnixMicros(test.micros);
    const google::protobuf::Timestamp wire = ToTimestamp(time);
    EXPECT_EQ(wire.seconds(), test.seconds) << test.micros;
    EXPECT_EQ(wire.nanos(), test.nanos) << test.micros;
    EXPECT_EQ(FromTimestamp(wire), time) << test.micros;
  }
}

TEST(TimestampsTest, CutOffWhatIsSmallerThanAMicrosecondTowardsThePast) {
  const absl::Time after = absl::FromUnixSeconds(10) + absl::Nanoseconds(1'999);
  EXPECT_EQ(ToTimestamp(after).nanos(), 1'000);
  const absl::Time before = absl::FromUnixSeconds(-10) - absl::Nanoseconds(1);
  EXPECT_EQ(ToTimestamp(before).seconds(), -11);
  EXPECT_EQ(ToTimestamp(before).nanos(), 999'999'000);

  EXPECT_EQ(FromTimestamp(At(10, 1'999)), absl::FromUnixMicros(10'000'001));
  EXPECT_EQ(FromTimestamp(At(10, 999)), absl::FromUnixSeconds(10));
  EXPECT_EQ(FromTimestamp(At(-1, 999'999'999)), absl::FromUnixMicros(-1));
}

TEST(TimestampsTest, KeepTheOrderAroundTheEpoch) {
  google::protobuf::Timestamp last = ToTimestamp(absl::FromUnixMicros(-2'000'002));
  for (std::int64_t micros = -2'000'001; micros <= 2'000'001; micros += 333) {
    const google::protobuf::Timestamp next = ToTimestamp(absl::FromUnixMicros(micros));
    EXPECT_LT(std::make_tuple(last.seconds(), last.nanos()), std::make_tuple(next.seconds(), next.nanos())) << micros;
    EXPECT_GE(next.nanos(), 0) << micros;
    EXPECT_LT(next.nanos(), 1'000'000'000) << micros;
    last = next;
  }
}

TEST(TimestampsTest, HoldOutAtTheEndsOfTime) {
  for (const absl::Time end : {absl::InfinitePast(), absl::InfiniteFuture()}) {
    const google::protobuf::Timestamp wire = ToTimestamp(end);
    EXPECT_GE(wire.nanos(), 0);
    EXPECT_LT(wire.nanos(), 1'000'000'000);
  }
  EXPECT_GT(FromTimestamp(At(std::numeric_limits<std::int64_t>::max(), 0)), absl::FromUnixSeconds(253'402'300'799));
  EXPECT_LT(FromTimestamp(At(std::numeric_limits<std::int64_t>::min(), 0)), absl::FromUnixSeconds(-62'135'596'800));
}

}  // namespace
}  // namespace trellis::rpc
