// The outer gate before a server that checks nothing else, and its file while it changes.
#include "common/rpc/gate.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "common/rpc/status_mapping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/certificates.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

using ::testing::HasSubstr;

// Channels ask for the server's health before they call anything.
std::string PolicyFor(const std::string& caller) {
  return absl::StrCat(R"({"name": "test", "allow_rules": [)",
                      R"({"name": "health", "request": {"paths": ["/grpc.health.v1.Health/*"]}},)",
                      R"({"name": "one", "source": {"principals": ["spiffe://trellis.local/svc/)", caller,
                      R"("]}, "request": {"paths": ["/trellis.rpctest.v1.Echo/Say"]}}]})");
}

class GateTest : public ::testing::Test {
 protected:
  std::unique_ptr<EchoServer> Serve() {
    return std::make_unique<EchoServer>([&](rpc::ServerOptions& options) {
      options.plaintext = false;
      options.tls = certificates_.IssueService("echo");
      options.gate = {
          .path = path_, .reload_interval = absl::Milliseconds(20), .on_reload = [&](const absl::Status& s) {
            absl::MutexLock lock(&mutex_);
            told_.push_back(s);
          }};
    });
  }
  // The reason of the refusal; "" where there is none.
  std::string Say(const EchoServer& server, const std::string& caller) {
    rpc::ChannelOptions options;
    options.target = absl::StrCat("localhost:", server.server->port());
    options.tls = certificates_.IssueService(caller);
    options.packages = {"trellis.rpctest.v1"};
    const auto peer = *rpc::PeerChannel::Connect(options);
    v1::SayResponse response;
    const grpc::Status status =
        v1::Echo::NewStub(peer->channel())->Say(Context(absl::Seconds(3)).get(), Saying("x"), &response);
    return status.ok() ? "" : ReasonOf(rpc::FromGrpc(status));
  }
  void Replace(const std::string& text) {
    WriteText(path_ + ".new", text);
    ASSERT_EQ(std::rename((path_ + ".new").c_str(), path_.c_str()), 0);
  }
  absl::Status AwaitNews(std::size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return told_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(10)));
    return told_.size() < count ? absl::UnknownError("nothing") : told_[count - 1];
  }

  Certificates certificates_;
  const std::string path_ = certificates_.folder() + "/policy.json";
  absl::Mutex mutex_;
  std::vector<absl::Status> told_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(GateTest, BlocksWhereNothingElseDoes) {
  WriteText(path_, PolicyFor("caseload"));
  const auto server = Serve();
  EXPECT_EQ(Say(*server, "caseload"), "");
  EXPECT_EQ(Say(*server, "referral"), "GATE_CLOSED");
  EXPECT_EQ(Say(*server, "door"), "GATE_CLOSED");
}

TEST_F(GateTest, TakesOverANewPolicyAndKeepsTheLastGoodOne) {
  WriteText(path_, PolicyFor("caseload"));
  const auto server = Serve();
  Replace("{\"name\": \"broken\"");
  const absl::Status refused = AwaitNews(1);
  EXPECT_THAT(refused.message(), HasSubstr("policy.json"));
  EXPECT_EQ(Say(*server, "caseload"), "");
  EXPECT_EQ(Say(*server, "referral"), "GATE_CLOSED");
  Replace(PolicyFor("referral"));
  EXPECT_TRUE(AwaitNews(2).ok());
  EXPECT_EQ(Say(*server, "caseload"), "GATE_CLOSED");
  EXPECT_EQ(Say(*server, "referral"), "");
}

TEST_F(GateTest, NoServerStartsWithoutItsPolicy) {
  EXPECT_THAT(rpc::Gate::Open({.path = path_}).status().message(), HasSubstr("cannot read"));
  WriteText(path_, "{}");
  const auto opened = rpc::Gate::Open({.path = path_});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), HasSubstr("policy.name is required"));
}

}  // namespace
}  // namespace trellis::rpctest
