// The end of a server.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/rpc/channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

TEST(DrainTest, RunningCallsAreFinished) {
  EchoServer server;
  const auto stub = server.Stub();
  std::atomic<int> served{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 12; ++i) {
    callers.emplace_back([&] {
      v1::SayResponse response;
      if (stub->Say(Context().get(), Saying("x", 300), &response).ok()) ++served;
    });
  }
  ASSERT_TRUE(Eventually([&] { return server.server->in_flight() == 12; }));
  server.server->Drain(absl::Milliseconds(50), absl::Seconds(5));
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(served, 12);
}

TEST(DrainTest, CallsThatGoOnForTooLongAreCancelled) {
  EchoServer server;
  const auto stub = server.Stub();
  std::thread caller([&] {
    v1::SayResponse response;
    EXPECT_FALSE(stub->Say(Context(absl::Seconds(20)).get(), Saying("x", 9000), &response).ok());
  });
  ASSERT_TRUE(Eventually([&] { return server.api.said == 1; }));
  const absl::Time before = absl::Now();
  server.server->Drain(absl::ZeroDuration(), absl::Milliseconds(200));
  EXPECT_LT(absl::Now() - before, absl::Seconds(3));
  caller.join();
  EXPECT_EQ(server.api.cancelled, 1);
}

TEST(DrainTest, OpenStreamsEnd) {
  EchoServer server;
  const auto stub = server.Stub();
  const auto context = Context(absl::Seconds(20));
  const auto stream = stub->Chat(context.get());
  v1::SayResponse response;
  ASSERT_TRUE(stream->Write(Saying("x")));
  ASSERT_TRUE(stream->Read(&response));
  server.server->Drain(absl::ZeroDuration(), absl::Milliseconds(100));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_FALSE(stream->Finish().ok());
}

TEST(DrainTest, AServerThatNeverStartedOrHadNoCallsEndsAtOnce) {
  EchoApi api;
  { rpc::Server never(rpc::ServerOptions(), api.MakeRouter(), nullptr, nullptr); }
  const absl::Time before = absl::Now();
  { EchoServer idle; }
  EXPECT_LT(absl::Now() - before, absl::Seconds(2));
}

// A rolling restart: two servers behind one name, one of them drains; a peer that calls all the time notices nothing.
TEST(DrainTest, APeerLosesNoCall) {
  auto first = std::make_unique<EchoServer>();
  auto second = std::make_unique<EchoServer>();
  const auto peer = rpc::PeerChannel::Connect({.target = "ipv4:" + first->target() + "," + second->target(),
                                               .tls = {},
                                               .plaintext = true,
                                               .server_name = "",
                                               .packages = {"trellis.rpctest.v1"}});
  ASSERT_TRUE(peer.ok()) << peer.status();
  const auto stub = v1::Echo::NewStub((*peer)->channel());
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::atomic<int> served{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      while (!stop) {
        v1::SayResponse response;
        const grpc::Status status = stub->Say(Context().get(), Saying("x", 1), &response);
        if (status.ok()) {
          ++served;
        } else {
          ++failed;
          ADD_FAILURE() << status.error_code() << " " << status.error_message();
          stop = true;
        }
      }
    });
  }
  ASSERT_TRUE(Eventually([&] { return (first->api.said > 50 && second->api.said > 50) || stop; }));
  const absl::Time before = absl::Now();
  first->server->Drain(absl::Milliseconds(500), absl::Seconds(10));
  EXPECT_LT(absl::Now() - before, absl::Seconds(4)) << "an open health stream must not hold the drain up";
  const int at_drain = served;
  EXPECT_TRUE(Eventually([&] { return served > at_drain + 100 || stop; }));
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace trellis::rpctest
