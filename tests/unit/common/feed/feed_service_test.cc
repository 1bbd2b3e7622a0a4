// The feed through a real server and a real channel.
#include "common/feed/feed_service.h"

#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "common/access/method_rules.h"
#include "common/feed/grpc_source.h"
#include "common/feed/sequencer.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "tests/unit/common/feed/feed_fixture.h"
#include "tests/unit/common/rpc/certificates.h"
#include "trellis/events/v1/events.grpc.pb.h"

namespace trellis::feed {
namespace {

class FeedServiceTest : public FeedTest {
 protected:
  FeedServiceTest() {
    rpc::Router router;
    router.Unary("trellis.events.v1.EventFeed.ReadEvents", &service_, &FeedService::ReadEvents);
    router.Unary("trellis.events.v1.EventFeed.GetHead", &service_, &FeedService::GetHead);
    rpc::ServerOptions options;
    options.service = "upstream";
    options.listen = "localhost:0";
    options.tls = certificates_.IssueService("identity");
    server_ = std::make_unique<rpc::Server>(options, std::move(router), nullptr, &rules_);
    const absl::Status started = server_->Start();
    EXPECT_TRUE(started.ok()) << started;
    server_->SetServing(true);
    channel_ = ConnectAs(certificates_.IssueService("caseload"), server_->port());
    sequencer_.Start();
  }
  ~FeedServiceTest() override {
    sequencer_.Stop();
    signal_.Close();
    server_->Drain(absl::ZeroDuration(), absl::Seconds(5));
  }

  static std::unique_ptr<rpc::PeerChannel> ConnectAs(const rpc::TlsFiles& who, int port) {
    rpc::ChannelOptions to;
    to.target = "localhost:" + std::to_string(port);
    to.tls = who;
    to.packages = {"trellis.events.v1"};
    return *rpc::PeerChannel::Connect(to);
  }
  grpc::Status Read(const events::v1::ReadEventsRequest& request) {
    events::v1::ReadEventsResponse response;
    return events::v1::EventFeed::NewStub(channel_->channel())
        ->ReadEvents(rpc::AsService(Soon()).get(), request, &response);
  }

  const rpctest::Certificates certificates_;
  access::MethodRules rules_{nullptr, &SystemClock()};
  HeadSignal signal_;
  Sequencer sequencer_{&pool(), &signal_};
  Reader reader_{&pool(), &signal_};
  FeedService service_{&reader_, &sequencer_};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::PeerChannel> channel_;
};

TEST_F(FeedServiceTest, ServesEventsInOrder) {
  PublishNumbers(1, 120);
  while (signal_.WaitBeyond(119, absl::Seconds(10)) < 120) {
  }
  GrpcSource source(channel_->channel());
  std::int64_t after = 0;
  for (const std::size_t expected : {50u, 50u, 20u, 0u}) {
    const absl::StatusOr<EventBatch> batch = source.Read(after, 50, absl::ZeroDuration());
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_EQ(batch->events.size(), expected);
    EXPECT_EQ(batch->head, 120);
    for (const events::v1::Event& event : batch->events) EXPECT_EQ(NumberOf(event), ++after);
  }
}

TEST_F(FeedServiceTest, TheHeadCountsWhatWasCommittedBeforeTheQuestion) {
  const Barrier::AskHead ask = AskHeadOf(channel_->channel());
  EXPECT_EQ(*ask(Soon()), 0);
  for (std::int64_t number = 1; number <= 100; ++number) {
    PublishNumbers(number, number);  // nobody tells the sequencer
    const absl::StatusOr<std::int64_t> head = ask(Soon());
    ASSERT_TRUE(head.ok()) << head.status();
    ASSERT_EQ(*head, number);
  }
}

TEST_F(FeedServiceTest, WakesAWaitingReader) {
  GrpcSource source(channel_->channel());
  std::thread writer([&] {
    absl::SleepFor(absl::Milliseconds(50));
    PublishNumbers(1, 1);
    sequencer_.Notify();
  });
  const absl::Time before = absl::Now();
  const absl::StatusOr<EventBatch> batch = source.Read(0, 10, absl::Seconds(20));
  writer.join();
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->events.size(), 1u);
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
}

TEST_F(FeedServiceTest, ClosingEndsTheLongPolls) {
  GrpcSource source(channel_->channel());
  std::thread closer([&] {
    absl::SleepFor(absl::Milliseconds(50));
    signal_.Close();
  });
  const absl::Time before = absl::Now();
  EXPECT_TRUE(source.Read(0, 10, absl::Seconds(20))->events.empty());
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
  closer.join();
}

TEST_F(FeedServiceTest, CancellingEndsARead) {
  GrpcSource source(channel_->channel());
  std::thread canceller([&] {
    absl::SleepFor(absl::Milliseconds(50));
    source.Cancel();
  });
  const absl::Time before = absl::Now();
  EXPECT_FALSE(source.Read(0, 10, absl::Seconds(20)).ok());
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
  canceller.join();
  EXPECT_EQ(source.Read(0, 10, absl::Seconds(20)).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(FeedServiceTest, RefusesWhatMakesNoSense) {
  events::v1::ReadEventsRequest request;
  request.set_after(-1);
  EXPECT_EQ(Read(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_after(0);
  request.set_limit(-1);
  EXPECT_EQ(Read(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_limit(0);
  request.mutable_wait()->set_seconds(-1);
  EXPECT_EQ(Read(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_wait();
  request.set_limit(2000000000);  // cut, not refused
  EXPECT_TRUE(Read(request).ok());
}

TEST_F(FeedServiceTest, IsForServicesOfTheSuiteOnly) {
  const auto stranger = ConnectAs(certificates_.IssueService("stranger"), server_->port());
  EXPECT_EQ(GrpcSource(stranger->channel()).Read(0, 10, absl::ZeroDuration()).status().code(),
            absl::StatusCode::kPermissionDenied);
  const auto nobody = ConnectAs({.certificate = "", .key = "", .ca = certificates_.ca()}, server_->port());
  // Without a certificate nobody gets as far as a call.
  EXPECT_EQ(GrpcSource(nobody->channel()).Read(0, 10, absl::ZeroDuration()).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(FeedServiceTest, AnUnreachableServerIsUnavailable) {
  const auto silence = ConnectAs(certificates_.IssueService("caseload"), 1);
  EXPECT_EQ(GrpcSource(silence->channel()).Read(0, 10, absl::ZeroDuration()).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trellis::feed
