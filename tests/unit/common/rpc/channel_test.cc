// Calls to peers: retries, deadlines, identity and trace handed on, what the observer is told.
#include "common/rpc/channel.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

using grpc::StatusCode;
using ::testing::ElementsAre;

constexpr char kPackage[] = "trellis.rpctest.v1";

std::unique_ptr<rpc::PeerChannel> PeerOf(const std::string& target, rpc::ClientObserver* observer = nullptr) {
  rpc::ChannelOptions options;
  options.target = target;
  options.plaintext = true;
  options.packages = {kPackage};
  options.observer = observer;
  return *rpc::PeerChannel::Connect(options);
}

TEST(ServiceConfigTest, RetriesWhatIsDeclaredRepeatableAndNothingElse) {
  const auto config = nlohmann::json::parse(rpc::ServiceConfigFor({kPackage}, absl::Seconds(7)));
  EXPECT_TRUE(config["loadBalancingConfig"][0].contains("round_robin"));
  EXPECT_EQ(config["retryThrottling"]["maxTokens"], 10);
  EXPECT_DOUBLE_EQ(config["retryThrottling"]["tokenRatio"].get<double>(), 0.1);
  int methods = 0;
  for (const auto& entry : config["methodConfig"]) {
    const auto& name = entry["name"][0];
    if (name.empty()) {
      EXPECT_EQ(entry["timeout"], "7.000s");
      EXPECT_FALSE(entry.contains("retryPolicy"));
      continue;
    }
    ++methods;
    const std::string method = name["method"];
    const bool repeatable = name["service"] != "trellis.rpctest.v1.Careless" && method != "Once";
    EXPECT_EQ(entry.contains("retryPolicy"), repeatable) << method;
    if (repeatable) {
      EXPECT_EQ(entry["retryPolicy"]["maxAttempts"], 3);
      EXPECT_EQ(entry["retryPolicy"]["retryableStatusCodes"], nlohmann::json({"UNAVAILABLE"}));
    }
    if (method == "Hurry") {
      EXPECT_EQ(entry["timeout"], "0.300s");
    }
  }
  EXPECT_EQ(methods, 18);
}

// Answers UNAVAILABLE so many times, then well.
struct Flaky {
  explicit Flaky(EchoServer& server, int failures) : left(failures) {
    server.api.say = [this](rpc::CallContext&, const v1::SayRequest&) -> absl::StatusOr<v1::SayResponse> {
      if (left-- > 0) return absl::UnavailableError("not now");
      return v1::SayResponse();
    };
  }
  std::atomic<int> left;
};

TEST(PeerChannelTest, RetriesRepeatableMethodsOnly) {
  EchoServer server;
  const auto peer = PeerOf(server.target());
  const auto stub = v1::Echo::NewStub(peer->channel());
  v1::SayResponse response;
  {
    const Flaky flaky(server, 2);
    EXPECT_TRUE(stub->Say(Context().get(), Saying("x"), &response).ok());
    EXPECT_EQ(server.api.said, 3);
  }
  server.api.said = 0;
  {
    const Flaky flaky(server, 1);
    EXPECT_EQ(stub->Once(Context().get(), Saying("x"), &response).error_code(), StatusCode::UNAVAILABLE);
    EXPECT_EQ(server.api.said, 1);
  }
}

TEST(PeerChannelTest, DoesNotRetryOtherErrors) {
  EchoServer server;
  const auto peer = PeerOf(server.target());
  const auto stub = v1::Echo::NewStub(peer->channel());
  v1::SayResponse response;
  for (const int code : {StatusCode::ABORTED, StatusCode::INTERNAL, StatusCode::RESOURCE_EXHAUSTED}) {
    server.api.said = 0;
    EXPECT_EQ(stub->Say(Context().get(), Saying("x", 0, code), &response).error_code(), code);
    EXPECT_EQ(server.api.said, 1);
  }
}

TEST(PeerChannelTest, APeerThatIsDownGetsLittleMore) {
  EchoServer server;
  const auto peer = PeerOf(server.target());
  const auto stub = v1::Echo::NewStub(peer->channel());
  const Flaky flaky(server, 1'000'000);
  constexpr int kCalls = 100;
  for (int i = 0; i < kCalls; ++i) {
    v1::SayResponse response;
    EXPECT_FALSE(stub->Say(Context().get(), Saying("x"), &response).ok());
  }
  // The budget allows a handful of retries, then none.
  EXPECT_LE(server.api.said, kCalls * 11 / 10);
}

TEST(PeerChannelTest, EveryCallHasADeadline) {
  EchoServer server;
  const auto peer = PeerOf(server.target());
  const auto stub = v1::Echo::NewStub(peer->channel());
  v1::SayResponse response;
  grpc::ClientContext context;
  const absl::Time before = absl::Now();
  EXPECT_EQ(stub->Hurry(&context, Saying("x", 3000), &response).error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_LT(absl::Now() - before, absl::Seconds(1));
}

TEST(PeerChannelTest, APeerThatIsNotThereIsUnavailable) {
  const auto peer = PeerOf("127.0.0.1:1");
  const auto stub = v1::Echo::NewStub(peer->channel());
  v1::SayResponse response;
  const absl::Status status = rpc::FromGrpc(stub->Say(Context().get(), Saying("x"), &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(std::string(status.message()).find("127.0.0.1"), std::string::npos);
}

TEST(PeerChannelTest, APeerThatComesBackIsFound) {
  std::string target;
  {
    EchoServer first;
    target = first.target();
  }
  const auto peer = PeerOf(target);
  const auto stub = v1::Echo::NewStub(peer->channel());
  v1::SayResponse response;
  EXPECT_FALSE(stub->Say(Context().get(), Saying("x"), &response).ok());
  EchoServer second([&](rpc::ServerOptions& options) { options.listen = target; });
  const absl::Time before = absl::Now();
  EXPECT_TRUE(Eventually([&] { return stub->Say(Context().get(), Saying("x"), &response).ok(); }));
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
}

// first -> second -> third, each on behalf of the caller of the one before.
class ChainTest : public ::testing::Test {
 protected:
  ChainTest() {
    first_.api.say = Relay(*to_second_);
    second_.api.say = Relay(*to_third_);
  }
  static std::function<absl::StatusOr<v1::SayResponse>(rpc::CallContext&, const v1::SayRequest&)> Relay(
      v1::Echo::Stub& next) {
    return [&next](rpc::CallContext& call, const v1::SayRequest& request) -> absl::StatusOr<v1::SayResponse> {
      v1::SayResponse response;
      const auto context = rpc::OnBehalfOf(call);
      const absl::Status status = rpc::FromGrpc(next.Say(context.get(), request, &response));
      if (!status.ok()) return status;
      return response;
    };
  }

  EchoServer first_, second_, third_;
  std::unique_ptr<rpc::PeerChannel> peer_second_ = PeerOf(second_.target());
  std::unique_ptr<rpc::PeerChannel> peer_third_ = PeerOf(third_.target());
  std::unique_ptr<v1::Echo::Stub> to_second_ = v1::Echo::NewStub(peer_second_->channel());
  std::unique_ptr<v1::Echo::Stub> to_third_ = v1::Echo::NewStub(peer_third_->channel());
  std::unique_ptr<v1::Echo::Stub> stub_ = first_.Stub();
};

TEST_F(ChainTest, DeadlineAndTraceGoAllTheWay) {
  v1::SayResponse response;
  const auto context = Context(absl::Seconds(2));
  context->AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const grpc::Status status = stub_->Say(context.get(), Saying("x"), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.trace_id(), "0af7651916cd43dd8448eb211c80319c");
  // Two margins of 20 ms less; on the wire gRPC rounds what is left up, by at most one part in a hundred for each hop.
  EXPECT_LE(response.left_ms(), 2000 - 2 * 20 + 3 * 10);
  EXPECT_GE(response.left_ms(), 1000);
}

TEST_F(ChainTest, AllHopsAreFreeSoonAfterTheDeadline) {
  v1::SayResponse response;
  const absl::Time before = absl::Now();
  const grpc::Status status = stub_->Say(Context(absl::Milliseconds(200)).get(), Saying("x", 5000), &response);
  EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Eventually(
      [&] { return first_.server->in_flight() + second_.server->in_flight() + third_.server->in_flight() == 0; }));
  EXPECT_LT(absl::Now() - before, absl::Seconds(2));  // the work itself takes five
}

TEST_F(ChainTest, CancellationGoesAllTheWay) {
  const auto context = Context(absl::Seconds(10));
  std::thread caller([&] {
    v1::SayResponse response;
    stub_->Say(context.get(), Saying("x", 8000), &response);
  });
  ASSERT_TRUE(Eventually([&] { return third_.api.said == 1; }));
  context->TryCancel();
  caller.join();
  EXPECT_TRUE(Eventually([&] { return third_.api.cancelled == 1; }));
}

TEST_F(ChainTest, AnErrorComesBackWithItsReason) {
  third_.api.say = [](rpc::CallContext&, const v1::SayRequest&) -> absl::StatusOr<v1::SayResponse> {
    return Error(absl::StatusCode::kFailedPrecondition, "NO_PLACE", "no free place").With("service", "x");
  };
  v1::SayResponse response;
  const grpc::Status status = stub_->Say(Context().get(), Saying("x"), &response);
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(status).reason(), "NO_PLACE");
  EXPECT_EQ(InfoOf(status).metadata().at("service"), "x");
}

TEST(OnBehalfOfTest, KeepsAMarginOfItsOwnTime) {
  const absl::Time deadline = absl::Now() + absl::Seconds(5);
  rpc::CallContext::Parts parts;
  parts.deadline = deadline;
  const rpc::CallContext call(std::move(parts));
  const auto whole = rpc::OnBehalfOf(call);
  EXPECT_EQ(absl::FromChrono(whole->deadline()),
            absl::FromChrono(absl::ToChronoTime(deadline - absl::Milliseconds(20))));
  const auto limited = rpc::OnBehalfOf(call, absl::Milliseconds(100));
  EXPECT_LE(absl::FromChrono(limited->deadline()), absl::Now() + absl::Milliseconds(100));
}

TEST(OnBehalfOfTest, HandsTheUsersTokenOn) {
  EchoServer back;
  EchoServer front;
  const auto peer = PeerOf(back.target());
  const auto next = v1::Echo::NewStub(peer->channel());
  // A public method has no token to hand on, so the rule of a protected one makes the call.
  std::string seen;
  front.authorizer.rule = [&](rpc::CallContext& call, const google::protobuf::Message&) -> absl::Status {
    v1::WhoAmIResponse response;
    const auto context = rpc::OnBehalfOf(call);
    const absl::Status status = rpc::FromGrpc(next->WhoAmI(context.get(), {}, &response));
    seen = response.user();
    return status;
  };
  const std::string user = "0190c5a2-0000-7000-8000-000000000009";
  v1::WhoAmIResponse response;
  ASSERT_TRUE(front.Stub()->WhoAmI(Context(absl::Seconds(5), absl::StrCat("user-", user)).get(), {}, &response).ok());
  EXPECT_EQ(seen, user);
}

class ClientRecorder final : public rpc::ClientObserver {
 public:
  void OnRegister(const google::protobuf::MethodDescriptor&) override { ++registered; }
  void OnStart(absl::string_view, absl::string_view, absl::string_view) override { ++started; }
  void OnFinish(const rpc::ClientOutcome& o) override {
    finished.push_back(absl::StrCat(o.service, "/", o.method, " ", o.type, " ", absl::StatusCodeToString(o.code), " ",
                                    o.sent, "/", o.received));
  }
  int registered = 0;
  int started = 0;
  std::vector<std::string> finished;
};

TEST(ClientObserverTest, IsToldOfEveryCall) {
  EchoServer server;
  ClientRecorder recorder;
  const auto peer = PeerOf(server.target(), &recorder);
  EXPECT_EQ(recorder.registered, 18);
  const auto stub = v1::Echo::NewStub(peer->channel());
  v1::SayResponse response;
  stub->Say(Context().get(), Saying("x"), &response);
  stub->Say(Context().get(), Saying("x", 0, StatusCode::ABORTED), &response);
  const auto context = Context();
  const auto writer = stub->Collect(context.get(), &response);
  writer->Write(Saying("a"));
  writer->Write(Saying("b"));
  writer->WritesDone();
  writer->Finish();
  EXPECT_EQ(recorder.started, 3);
  EXPECT_THAT(recorder.finished,
              ElementsAre("trellis.rpctest.v1.Echo/Say unary OK 1/1", "trellis.rpctest.v1.Echo/Say unary ABORTED 1/0",
                          "trellis.rpctest.v1.Echo/Collect client_stream OK 2/1"));
}

TEST(PeerChannelTest, NeedsADecisionAboutTls) {
  EXPECT_EQ(rpc::PeerChannel::Connect({.target = "x:1", .tls = {}, .server_name = "", .packages = {}}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace trellis::rpctest
