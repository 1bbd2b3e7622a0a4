#include "common/rpc/etag.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(EtagTest, IsTheVersionInQuotes) {
  EXPECT_EQ(MakeEtag(7), "\"7\"");
  EXPECT_NE(MakeEtag(7), MakeEtag(8));
}

TEST(EtagTest, LetsTheVersionThatWasSeenPassAndNoneAtAll) {
  EXPECT_TRUE(CheckEtag(MakeEtag(7), 7).ok());
  EXPECT_TRUE(CheckEtag("", 7).ok());
}

TEST(EtagTest, RefusesAnyOtherAndTellsTheOneOfNow) {
  for (const char* other : {"\"6\"", "\"8\"", "\"70\"", "7", "\"7", "W/\"7\"", "v7", "*", " \"7\""}) {
    const absl::Status status = CheckEtag(other, 7);
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << other;
    EXPECT_EQ(ReasonOf(status), "ETAG_MISMATCH") << other;
    EXPECT_THAT(DetailsOf(status)->metadata, ElementsAre(Pair("etag", "\"7\""))) << other;
  }
}

TEST(EtagTest, AMismatchOfAnUnknownVersionIsTheSameError) {
  const absl::Status status = EtagMismatch();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(status), "ETAG_MISMATCH");
  EXPECT_EQ(status.message(), CheckEtag("other", 7).message());
  EXPECT_THAT(DetailsOf(status)->metadata, IsEmpty());
}

}  // namespace
}  // namespace trellis::rpc
