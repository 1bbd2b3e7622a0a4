#include "common/rpc/router.h"

#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(RouterTest, AcceptsACompleteService) {
  EchoApi api;
  const rpc::Router router = api.MakeRouter();
  EXPECT_THAT(router.Check(), IsEmpty());
  ASSERT_NE(router.Find("/trellis.rpctest.v1.Echo/Say"), nullptr);
  EXPECT_EQ(router.Find("/trellis.rpctest.v1.Echo/Nobody"), nullptr);
  EXPECT_EQ(router.Find(""), nullptr);
  EXPECT_THAT(router.services(), SizeIs(1));
}

TEST(RouterTest, NamesEveryMistake) {
  EchoApi api;
  rpc::Router router;
  router.Unary("trellis.rpctest.v1.Careless.Nothing", &api, &EchoApi::Say);
  router.Unary("trellis.rpctest.v1.Careless.NoData", &api, &EchoApi::Say);
  router.Unary("trellis.rpctest.v1.Echo.Missing", &api, &EchoApi::Say);
  router.Unary("trellis.rpctest.v1.Echo.WhoAmI", &api, &EchoApi::Say);
  router.Unary("trellis.rpctest.v1.Echo.Collect", &api, &EchoApi::Say);
  router.Stream("trellis.rpctest.v1.Echo.Say", &api, &EchoApi::Chat);
  router.Stream("trellis.rpctest.v1.Echo.Chat", &api, &EchoApi::Chat);
  router.Stream("trellis.rpctest.v1.Echo.Chat", &api, &EchoApi::Chat);
  const std::vector<std::string> mistakes = router.Check();
  EXPECT_THAT(mistakes, Contains(AllOf(HasSubstr("Careless.Nothing"), HasSubstr("no audience"))));
  EXPECT_THAT(mistakes, Contains(AllOf(HasSubstr("Careless.NoData"), HasSubstr("no data class"))));
  EXPECT_THAT(mistakes, Contains(AllOf(HasSubstr("Careless.Fine"), HasSubstr("no handler"))));
  EXPECT_THAT(mistakes, Contains(AllOf(HasSubstr("Echo.Missing"), HasSubstr("no such method"))));
  EXPECT_THAT(mistakes, Contains(AllOf(HasSubstr("Echo.WhoAmI"), HasSubstr("the handler takes"))));
  EXPECT_THAT(mistakes, Contains(AllOf(HasSubstr("Echo.Collect"), HasSubstr("is a stream"))));
  EXPECT_THAT(mistakes, Contains(AllOf(HasSubstr("Echo.Say"), HasSubstr("is not a stream"))));
  EXPECT_THAT(mistakes, Contains(AllOf(HasSubstr("Echo.Chat"), HasSubstr("two handlers"))));
}

TEST(RouterTest, AServerWithMistakesDoesNotStart) {
  EchoApi api;
  rpc::Router router;
  router.Unary("trellis.rpctest.v1.Careless.Nothing", &api, &EchoApi::Say);
  rpc::ServerOptions options;
  options.service = "rpctest";
  rpc::Server server(options, std::move(router), nullptr, nullptr);
  const absl::Status status = server.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Careless.Nothing: declares no audience"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Careless.NoData: has no handler"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("either TLS or plaintext"));
}

}  // namespace
}  // namespace trellis::rpctest
