#include "common/rpc/status_mapping.h"

#include <string>

#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "gmock/gmock.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpc {
namespace {

using rpctest::InfoOf;
using rpctest::WrongFieldsOf;
using ::testing::ElementsAre;

TEST(StatusMappingTest, SurvivesTheWay) {
  const absl::Status status = Error(absl::StatusCode::kFailedPrecondition, "CONSENT_MISSING", "no consent")
                                  .With("recipient", "organizations/x")
                                  .Field("referral.person", "is not there")
                                  .Field("referral.need", "is not there")
                                  .RetryAfter(absl::Milliseconds(1500));
  const grpc::Status wire = ToGrpc(status, "trellis.referral");
  EXPECT_EQ(wire.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(wire.error_message(), "no consent");
  EXPECT_EQ(InfoOf(wire).reason(), "CONSENT_MISSING");
  EXPECT_EQ(InfoOf(wire).domain(), "trellis.referral");
  EXPECT_THAT(WrongFieldsOf(wire), ElementsAre("referral.person", "referral.need"));

  const absl::Status back = FromGrpc(wire);
  EXPECT_EQ(back.code(), status.code());
  EXPECT_EQ(back.message(), status.message());
  const std::optional<ErrorDetails> details = DetailsOf(back);
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->reason, "CONSENT_MISSING");
  ASSERT_EQ(details->metadata.size(), 1u);
  EXPECT_EQ(details->metadata[0].second, "organizations/x");
  ASSERT_EQ(details->fields.size(), 2u);
  EXPECT_EQ(details->retry_after, absl::Milliseconds(1500));
}

TEST(StatusMappingTest, EveryErrorHasAReason) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status wire = ToGrpc(absl::Status(static_cast<absl::StatusCode>(code), "plain"), "trellis.x");
    EXPECT_EQ(InfoOf(wire).reason(), absl::StatusCodeToString(static_cast<absl::StatusCode>(code)));
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus(), "trellis.x").ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(StatusMappingTest, FitsIntoAPeersMetadataLimit) {
  Error error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", std::string(9000, 'm'));
  for (int i = 0; i < 100; ++i) error.Field(std::string(300, 'f'), std::string(300, 'd'));
  for (int i = 0; i < 100; ++i) error.With("key" + std::to_string(i), std::string(9000, 'v'));
  const grpc::Status wire = ToGrpc(error, "trellis.x");
  EXPECT_LT(wire.error_details().size() * 4 / 3 + wire.error_message().size() * 3, 7500u);
  EXPECT_GT(WrongFieldsOf(wire).size(), 1u);
  EXPECT_FALSE(InfoOf(wire).metadata().empty());
}

TEST(StatusMappingTest, TheTransportsOwnWordsStayInside) {
  const absl::Status status = FromGrpc(grpc::Status(
      grpc::StatusCode::UNAVAILABLE, "failed to connect to all addresses; last error: ipv4:10.0.0.7:7101 refused"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(std::string(status.message()).find("10.0.0.7"), std::string::npos);
  EXPECT_TRUE(status.GetPayload("trellis/transport").has_value());
  EXPECT_EQ(InfoOf(ToGrpc(status, "trellis.x")).reason(), "UNAVAILABLE");
}

TEST(StatusMappingTest, GarbageInTheDetailsIsHarmless) {
  const absl::Status status = FromGrpc(grpc::Status(grpc::StatusCode::ABORTED, "x", "\xff\xff not a message"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace trellis::rpc
