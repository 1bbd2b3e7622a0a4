// Streams through a real channel.
#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

using grpc::StatusCode;
using ::testing::ElementsAre;

class StreamTest : public ::testing::Test {
 protected:
  EchoServer server_;
  std::unique_ptr<v1::Echo::Stub> stub_ = server_.Stub();
};

TEST_F(StreamTest, ManyMessagesOneAnswer) {
  v1::SayResponse response;
  const auto context = Context();
  const auto writer = stub_->Collect(context.get(), &response);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(writer->Write(Saying(std::to_string(i))));
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.text(), "0123456789");
  EXPECT_EQ(server_.recorder.entries().at(0).received, 10);
  EXPECT_EQ(server_.recorder.entries().at(0).sent, 1);
}

TEST_F(StreamTest, ManyMessagesManyAnswers) {
  const auto context = Context();
  const auto stream = stub_->Chat(context.get());
  v1::SayResponse response;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(stream->Write(Saying(std::to_string(i))));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.text(), std::to_string(i));
  }
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, OneMessageManyAnswers) {
  v1::SayRequest request;
  request.set_times(1000);
  const auto context = Context();
  const auto reader = stub_->Count(context.get(), request);
  v1::SayResponse response;
  int count = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.text(), std::to_string(count++));
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(count, 1000);
}

TEST_F(StreamTest, EachMessageIsChecked) {
  v1::SayResponse response;
  const auto context = Context();
  const auto writer = stub_->Collect(context.get(), &response);
  writer->Write(Saying("good"));
  writer->Write(Saying("bad\x01"));
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(WrongFieldsOf(status), ElementsAre("text"));
  EXPECT_EQ(server_.api.collected, 0);
}

TEST_F(StreamTest, AHandlersErrorEndsTheStream) {
  const auto context = Context();
  const auto stream = stub_->Chat(context.get());
  stream->Write(Saying("x", 0, 1));
  v1::SayResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::ABORTED);
  EXPECT_EQ(InfoOf(status).reason(), "STOP");
}

// A caller that goes away must never look like one that has sent everything: half an import would be taken for whole.
TEST_F(StreamTest, ACallerThatGoesAwayHasNotFinished) {
  for (int i = 0; i < 100; ++i) {
    v1::SayResponse response;
    const auto context = Context();
    const auto writer = stub_->Collect(context.get(), &response);
    writer->Write(Saying("half"));
    if (i % 2 == 0) absl::SleepFor(absl::Milliseconds(1));
    context->TryCancel();
    EXPECT_EQ(writer->Finish().error_code(), StatusCode::CANCELLED);
  }
  EXPECT_TRUE(Eventually([&] { return server_.server->in_flight() == 0; }));
  EXPECT_EQ(server_.api.collected, 0);
}

TEST_F(StreamTest, AMessageThatIsTooLargeEndsTheStream) {
  v1::SayRequest large;
  large.set_text(std::string(2 * 1024 * 1024, 'x'));
  v1::SayResponse response;
  const auto context = Context();
  const auto writer = stub_->Collect(context.get(), &response);
  writer->Write(large);
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(server_.api.collected, 0);
}

TEST_F(StreamTest, ASilentCallerIsNotAwaitedForEver) {
  grpc::ClientContext context;  // no deadline; the method allows two seconds
  v1::SayResponse response;
  const auto writer = stub_->Collect(&context, &response);
  writer->Write(Saying("x"));
  const absl::Time before = absl::Now();
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(InfoOf(status).reason(), "DEADLINE_EXCEEDED");
  EXPECT_LT(absl::Now() - before, absl::Seconds(4));
  EXPECT_TRUE(Eventually([&] { return server_.server->in_flight() == 0; }));
  EXPECT_EQ(server_.api.broken, 1);
}

}  // namespace
}  // namespace trellis::rpctest
