// The campaign's own client: one that stays away when its service is back would count good writes as lost.
#include "tests/fault/client.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/fault/fleet.h"

namespace trellis::fault {
namespace {

TEST(FaultClient, ComesBackWhereNothingElseIsCalled) {
  auto fleet = Fleet::Start();
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  Client client(**fleet, kAdministrator, nullptr);
  const auto list = [&](grpc::ClientContext& context) {
    assessment::v1::ListAssessmentsRequest request;
    assessment::v1::ListAssessmentsResponse response;
    return client.assessments().ListAssessments(&context, request, &response);
  };
  // An administrator may not list, and that is an answer.
  ASSERT_EQ(client.Once("assessment", list).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  (*fleet)->Kill("assessment");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(MayRepeat(client.Once("assessment", list, absl::Milliseconds(300))));
  ASSERT_TRUE((*fleet)->Revive("assessment").ok());
  ASSERT_TRUE((*fleet)->AwaitReady(absl::Seconds(60)).ok());
  const absl::Time ready = absl::Now();
  EXPECT_EQ(client.Until(ready + absl::Seconds(10), "assessment", list).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace trellis::fault
