// Calls through a real channel: what reaches the handler and what comes back.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

using grpc::StatusCode;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kUser[] = "0190c5a2-0000-7000-8000-000000000001";

class ServerTest : public ::testing::Test {
 protected:
  grpc::Status Say(const v1::SayRequest& request, v1::SayResponse* response = nullptr) {
    v1::SayResponse ignored;
    return stub_->Say(Context().get(), request, response == nullptr ? &ignored : response);
  }
  // Any bytes to any method.
  grpc::Status Raw(const std::string& path, const std::string& bytes) {
    grpc::GenericStub stub(server_.Channel());
    const grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::CompletionQueue queue;
    const auto context = Context();
    const auto call = stub.PrepareUnaryCall(context.get(), path, request, &queue);
    grpc::Status status;
    call->StartCall();
    call->Finish(&response, &status, this);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }

  EchoServer server_;
  std::unique_ptr<v1::Echo::Stub> stub_ = server_.Stub();
};

TEST_F(ServerTest, AnswersACall) {
  v1::SayResponse response;
  const grpc::Status status = Say(Saying("hello"), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.text(), "hello");
  const auto entries = server_.recorder.entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].method, "Say");
  EXPECT_EQ(entries[0].received, 1);
  EXPECT_EQ(entries[0].sent, 1);
  EXPECT_EQ(entries[0].trace_id, response.trace_id());
  EXPECT_EQ(server_.recorder.registered, 15);  // with the two of health
}

TEST_F(ServerTest, AMethodThatIsNotThereIsUnimplemented) {
  for (const char* path : {"/trellis.rpctest.v1.Echo/Nobody", "/nobody/Say", "/x", "/"}) {
    const grpc::Status status = Raw(path, "");
    EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED) << path;
    EXPECT_EQ(InfoOf(status).reason(), "UNKNOWN_METHOD");
  }
}

TEST_F(ServerTest, ErrorsInsideAreMaskedButRecorded) {
  for (const auto& request : {Saying("", 0, StatusCode::INTERNAL), Saying("", 0, StatusCode::UNKNOWN),
                              Saying("", 0, StatusCode::DATA_LOSS), Saying("throw")}) {
    const grpc::Status status = Say(request);
    EXPECT_EQ(status.error_message().find("SELECT"), std::string::npos);
    EXPECT_EQ(status.error_details().find("SELECT"), std::string::npos);
    const auto entry = server_.recorder.entries().back();
    EXPECT_EQ(static_cast<int>(entry.code), static_cast<int>(status.error_code()));
    EXPECT_THAT(entry.status.ToString(), HasSubstr("SELECT"));
    EXPECT_EQ(InfoOf(status).metadata().at("correlation_id"), entry.trace_id);
    EXPECT_EQ(InfoOf(status).domain(), "trellis.rpctest");
  }
}

TEST_F(ServerTest, APlainStatusKeepsItsCodeAndGetsAReason) {
  const grpc::Status status = Say(Saying("", 0, StatusCode::FAILED_PRECONDITION));
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(status).reason(), "FAILED_PRECONDITION");
}

TEST_F(ServerTest, WrongFieldsAreAllNamed) {
  v1::CheckRequest request;
  request.mutable_person()->add_names();
  v1::CheckResponse response;
  const grpc::Status status = stub_->Check(Context().get(), request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(InfoOf(status).reason(), "INVALID_FIELD");
  EXPECT_THAT(WrongFieldsOf(status), UnorderedElementsAre("person.names[0].family", "score", "colour"));
}

TEST_F(ServerTest, AuthorizationComesBeforeValidation) {
  server_.authorizer.rule = [](rpc::CallContext&, const google::protobuf::Message&) {
    return Error(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED", "no");
  };
  v1::CheckResponse response;
  EXPECT_EQ(stub_->Check(Context().get(), v1::CheckRequest(), &response).error_code(), StatusCode::PERMISSION_DENIED);
}

TEST_F(ServerTest, MalformedBytesAreTheCallersFault) {
  std::vector<std::string> bad = {"\xff",
                                  std::string(5, '\0'),
                                  "\x0a\xff\xff\xff\xff\x0f",
                                  "\x0a\x02\xc0\xaf",
                                  "\x0b\x0b\x0b\x0b",
                                  std::string(100, '\x52'),
                                  "\x08"};
  std::uint32_t seed = 42;
  for (int i = 0; i < 500; ++i) {
    std::string bytes;
    for (std::uint32_t n = (seed >> 8) % 40 + 1; n > 0; --n) {
      seed = seed * 1664525 + 1013904223;
      bytes.push_back(static_cast<char>(seed >> 24));
    }
    bad.push_back(bytes);
  }
  for (const std::string& bytes : bad) {
    for (const char* path : {"/trellis.rpctest.v1.Echo/Check", "/trellis.rpctest.v1.Echo/WhoAmI"}) {
      const StatusCode code = Raw(path, bytes).error_code();
      EXPECT_TRUE(code == StatusCode::INVALID_ARGUMENT || code == StatusCode::UNAUTHENTICATED || code == StatusCode::OK)
          << code << " for " << testing::PrintToString(bytes);
    }
  }
}

TEST_F(ServerTest, ACallWithoutAMessageIsTheCallersFault) {
  grpc::GenericStub stub(server_.Channel());
  grpc::CompletionQueue queue;
  const auto context = Context();
  const auto call = stub.PrepareCall(context.get(), "/trellis.rpctest.v1.Echo/Say", &queue);
  void* tag = nullptr;
  bool ok = false;
  grpc::Status status;
  call->StartCall(this);
  queue.Next(&tag, &ok);
  call->WritesDone(this);
  queue.Next(&tag, &ok);
  call->Finish(&status, this);
  queue.Next(&tag, &ok);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServerTest, TheUserIsKnownByTheToken) {
  v1::WhoAmIResponse response;
  EXPECT_EQ(stub_->WhoAmI(Context().get(), {}, &response).error_code(), StatusCode::UNAUTHENTICATED);
  const grpc::Status status =
      stub_->WhoAmI(Context(absl::Seconds(5), absl::StrCat("user-", kUser)).get(), {}, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.user(), kUser);
}

TEST_F(ServerTest, UsersOnOneChannelKeepTheirIdentities) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 500;
  std::atomic<int> mixed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const std::string user = absl::StrCat("0190c5a2-0000-7000-8000-00000000000", i);
      for (int n = 0; n < kCalls; ++n) {
        v1::WhoAmIResponse response;
        const grpc::Status status =
            stub_->WhoAmI(Context(absl::Seconds(20), absl::StrCat("user-", user)).get(), {}, &response);
        if (!status.ok() || response.user() != user) ++mixed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(mixed, 0);
}

TEST_F(ServerTest, ATraceGoesOn) {
  const auto context = Context();
  context->AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  v1::SayResponse response;
  ASSERT_TRUE(stub_->Say(context.get(), Saying("x"), &response).ok());
  EXPECT_EQ(response.trace_id(), "0af7651916cd43dd8448eb211c80319c");
}

TEST_F(ServerTest, TheDeadlineIsCapped) {
  v1::SayResponse response;
  grpc::ClientContext without_deadline;
  ASSERT_TRUE(stub_->Say(&without_deadline, Saying("x"), &response).ok());
  EXPECT_LE(response.left_ms(), 10'000);
  EXPECT_GT(response.left_ms(), 9'000);
  ASSERT_TRUE(stub_->Hurry(Context().get(), Saying("x"), &response).ok());
  EXPECT_LE(response.left_ms(), 300);
  ASSERT_TRUE(stub_->Say(Context(absl::Milliseconds(900)).get(), Saying("x"), &response).ok());
  EXPECT_LE(response.left_ms(), 900);
}

TEST_F(ServerTest, ACallThatExpiredInTheQueueDoesNotRun) {
  EchoServer narrow([](rpc::ServerOptions& options) { options.workers = 1; });
  const auto stub = narrow.Stub();
  std::thread first([&] {
    v1::SayResponse response;
    stub->Say(Context().get(), Saying("first", 500), &response);
  });
  ASSERT_TRUE(Eventually([&] { return narrow.api.said == 1; }));
  v1::SayResponse response;
  const grpc::Status status = stub->Say(Context(absl::Milliseconds(100)).get(), Saying("late"), &response);
  EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  first.join();
  ASSERT_TRUE(Eventually([&] { return narrow.recorder.entries().size() == 2; }));
  EXPECT_EQ(narrow.api.said, 1);
}

TEST_F(ServerTest, CancellationReachesTheHandler) {
  const auto context = Context();
  std::thread caller([&] {
    v1::SayResponse response;
    stub_->Say(context.get(), Saying("slow", 5000), &response);
  });
  ASSERT_TRUE(Eventually([&] { return server_.api.said == 1; }));
  context->TryCancel();
  caller.join();
  EXPECT_TRUE(Eventually([&] { return server_.api.cancelled == 1; }));
  EXPECT_TRUE(Eventually([&] { return server_.server->in_flight() == 0; }));
}

TEST_F(ServerTest, ReflectionIsOffUnlessAskedFor) {
  EXPECT_EQ(Raw("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "").error_code(),
            StatusCode::UNIMPLEMENTED);
}

TEST_F(ServerTest, ReflectionListsWhatTheRouterServes) {
  namespace reflection = grpc::reflection::v1alpha;
  EchoServer server([](rpc::ServerOptions& options) { options.reflection = true; });
  const auto stub = reflection::ServerReflection::NewStub(server.Channel());
  const auto context = Context();
  const auto stream = stub->ServerReflectionInfo(context.get());
  reflection::ServerReflectionRequest request;
  reflection::ServerReflectionResponse response;
  request.set_list_services("");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) names.push_back(service.name());
  EXPECT_THAT(names, Contains("trellis.rpctest.v1.Echo"));
  EXPECT_THAT(names, Contains("grpc.reflection.v1alpha.ServerReflection"));
  request.set_file_containing_symbol("trellis.rpctest.v1.Echo");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  google::protobuf::FileDescriptorProto file;
  ASSERT_GE(response.file_descriptor_response().file_descriptor_proto_size(), 4);
  ASSERT_TRUE(file.ParseFromString(response.file_descriptor_response().file_descriptor_proto(0)));
  EXPECT_EQ(file.name(), "trellis/rpctest/v1/rpctest.proto");
  request.set_file_by_filename("nowhere.proto");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error_response().error_code(), 5);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServerTest, TwoServersCannotShareAPort) {
  EchoApi api;
  rpc::ServerOptions options;
  options.service = "rpctest";
  options.plaintext = true;
  options.listen = server_.target();
  rpc::Server second(options, api.MakeRouter(), nullptr, nullptr);
  EXPECT_EQ(second.Start().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trellis::rpctest
