#include "common/rpc/peer_call.h"

#include <string>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::rpc {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(FromPeerTest, NamesAPeerThatDoesNotAnswer) {
  for (const grpc::StatusCode code : {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED}) {
    const absl::Status status = FromPeer("identity", grpc::Status(code, "connect to 10.1.2.3:7101 failed"));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(status), "PEER_UNAVAILABLE");
    EXPECT_THAT(DetailsOf(status)->metadata, Contains(Pair("service", "identity")));
    EXPECT_GT(DetailsOf(status)->retry_after, absl::ZeroDuration());
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("10.1.2.3")));
  }
}

TEST(FromPeerTest, HandsOnWhatThePeerSays) {
  EXPECT_EQ(FromPeer("identity", grpc::Status(grpc::StatusCode::NOT_FOUND, "no")).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(FromPeer("identity", grpc::Status::OK).ok());
}

}  // namespace
}  // namespace trellis::rpc
