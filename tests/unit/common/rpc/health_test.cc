// grpc.health.v1 as load balancers and probes call it.
#include <memory>
#include <string>
#include <vector>

#include "common/rpc/health.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

using grpc::StatusCode;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthCheckRequest Of(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

class HealthTest : public ::testing::Test {
 protected:
  using Stream = std::unique_ptr<grpc::ClientReader<HealthCheckResponse>>;

  grpc::Status Check(const std::string& service, HealthCheckResponse* response) {
    return stub_->Check(Context().get(), Of(service), response);
  }
  static HealthCheckResponse::ServingStatus Next(const Stream& stream) {
    HealthCheckResponse response;
    return stream->Read(&response) ? response.status() : HealthCheckResponse::UNKNOWN;
  }

  EchoServer server_;
  std::shared_ptr<grpc::Channel> channel_ = server_.Channel();
  std::unique_ptr<grpc::health::v1::Health::Stub> stub_ = grpc::health::v1::Health::NewStub(channel_);
};

TEST_F(HealthTest, CheckFollowsTheServer) {
  for (const char* service : {"", "trellis.rpctest.v1.Echo", "grpc.health.v1.Health"}) {
    HealthCheckResponse response;
    server_.server->SetServing(true);
    ASSERT_TRUE(Check(service, &response).ok()) << service;
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING) << service;
    server_.server->SetServing(false);
    ASSERT_TRUE(Check(service, &response).ok()) << service;
    EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING) << service;
  }
  HealthCheckResponse response;
  EXPECT_EQ(Check("nobody", &response).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, WatchTellsEachChange) {
  const auto context = Context(absl::Seconds(20));
  const Stream stream = stub_->Watch(context.get(), Of("trellis.rpctest.v1.Echo"));
  EXPECT_EQ(Next(stream), HealthCheckResponse::SERVING);
  server_.server->SetServing(false);
  EXPECT_EQ(Next(stream), HealthCheckResponse::NOT_SERVING);
  server_.server->SetServing(true);
  EXPECT_EQ(Next(stream), HealthCheckResponse::SERVING);
}

TEST_F(HealthTest, WatchOfAServiceThatIsNotHereStaysOpen) {
  const auto context = Context(absl::Seconds(20));
  const Stream stream = stub_->Watch(context.get(), Of("nobody"));
  EXPECT_EQ(Next(stream), HealthCheckResponse::SERVICE_UNKNOWN);
  server_.server->SetServing(false);  // nothing is known of it now either
  server_.server->Drain(absl::ZeroDuration(), absl::Seconds(5));
  EXPECT_EQ(Next(stream), HealthCheckResponse::UNKNOWN);
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(HealthTest, WatchersCostNoWorkers) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<Stream> streams;
  for (int i = 0; i < 60; ++i) {  // more than there are workers and waiting workers together
    contexts.push_back(Context(absl::Seconds(30)));
    streams.push_back(stub_->Watch(contexts.back().get(), Of("")));
    ASSERT_EQ(Next(streams.back()), HealthCheckResponse::SERVING) << i;
  }
  v1::SayResponse response;
  EXPECT_TRUE(server_.Stub()->Say(Context().get(), Saying("x"), &response).ok());
  EXPECT_TRUE(Eventually([&] { return server_.server->in_flight() == 0; }))
      << "the call's own place is given back after its answer";
  server_.server->SetServing(false);
  for (const Stream& stream : streams) EXPECT_EQ(Next(stream), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthTest, AWatcherThatLeavesMakesRoom) {
  const auto stay = Context(absl::Seconds(30));
  const Stream stream = stub_->Watch(stay.get(), Of(""));
  ASSERT_EQ(Next(stream), HealthCheckResponse::SERVING);
  for (int i = 0; i < 300; ++i) {
    const auto context = Context();
    const Stream leaving = stub_->Watch(context.get(), Of(""));
    ASSERT_EQ(Next(leaving), HealthCheckResponse::SERVING) << i;
    context->TryCancel();
    EXPECT_EQ(leaving->Finish().error_code(), StatusCode::CANCELLED);
  }
  EXPECT_TRUE(Eventually([&] { return server_.recorder.entries().size() == 300; }));
  for (const auto& entry : server_.recorder.entries()) EXPECT_EQ(entry.code, absl::StatusCode::kCancelled);
}

TEST_F(HealthTest, ChangesWhileWatchersComeAndGoAreSafe) {
  std::atomic<bool> stop{false};
  std::thread changes([&] {
    for (bool serving = false; !stop; serving = !serving) server_.server->SetServing(serving);
  });
  std::vector<std::thread> watchers;
  for (int i = 0; i < 4; ++i) {
    watchers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto context = Context();
        const Stream stream = stub_->Watch(context.get(), Of(""));
        EXPECT_NE(Next(stream), HealthCheckResponse::UNKNOWN);
        EXPECT_NE(Next(stream), HealthCheckResponse::UNKNOWN);
        context->TryCancel();
        stream->Finish();
      }
    });
  }
  for (std::thread& watcher : watchers) watcher.join();
  stop = true;
  changes.join();
}

TEST(HealthLimitTest, TooManyWatchersAreRefused) {
  class Deaf final : public rpc::PushStream {
   public:
    bool Send(const google::protobuf::Message&) override { return true; }
    void End(absl::Status) override { ended_ = true; }
    bool ended() const override { return ended_; }

   private:
    bool ended_ = false;
  };
  EchoApi api;
  rpc::Router router = api.MakeRouter();
  rpc::Health health;
  health.RegisterWith(router);
  rpc::CallContext call({});
  std::vector<std::shared_ptr<Deaf>> streams;
  for (std::size_t i = 0; i < rpc::Health::kMostWatchers; ++i) {
    streams.push_back(std::make_shared<Deaf>());
    ASSERT_TRUE(health.Watch(call, Of(""), streams.back()).ok());
  }
  EXPECT_EQ(health.Watch(call, Of(""), std::make_shared<Deaf>()).code(), absl::StatusCode::kResourceExhausted);
  streams[7]->End(absl::OkStatus());
  EXPECT_TRUE(health.Watch(call, Of(""), std::make_shared<Deaf>()).ok());
  health.Close();
  EXPECT_TRUE(streams[0]->ended());
  EXPECT_EQ(health.Watch(call, Of(""), std::make_shared<Deaf>()).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trellis::rpctest
