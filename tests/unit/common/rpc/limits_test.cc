// One test for each limit of the server.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

using grpc::StatusCode;

v1::LargeRequest Filled(std::size_t bytes) {
  v1::LargeRequest request;
  request.set_filler(std::string(bytes, 'x'));
  return request;
}

// Of a message with only the filler: a tag and a length of three bytes.
constexpr std::size_t kOverhead = 4;

TEST(LimitsTest, RequestsOfTheUsualSize) {
  EchoServer server;
  const auto stub = server.Stub();
  v1::SayResponse response;
  EXPECT_TRUE(stub->Usual(Context().get(), Filled(256 * 1024 - kOverhead), &response).ok());
  const grpc::Status status = stub->Usual(Context().get(), Filled(256 * 1024 - kOverhead + 1), &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(status).reason(), "REQUEST_TOO_LARGE");
}

TEST(LimitsTest, RequestsOfADeclaredSize) {
  EchoServer server;
  const auto stub = server.Stub();
  v1::SayResponse response;
  EXPECT_TRUE(stub->Large(Context().get(), Filled(1024 * 1024 - kOverhead), &response).ok());
  EXPECT_EQ(stub->Large(Context().get(), Filled(1024 * 1024 - kOverhead + 1), &response).error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(stub->Tiny(Context().get(), Saying(std::string(62, 'x')), &response).ok());
  EXPECT_EQ(InfoOf(stub->Tiny(Context().get(), Saying(std::string(63, 'x')), &response)).reason(), "REQUEST_TOO_LARGE");
  // The server lives on.
  EXPECT_TRUE(stub->Say(Context().get(), Saying("x"), &response).ok());
}

TEST(LimitsTest, CompressedRequestsAreRefused) {
  EchoServer server;
  const auto stub = server.Stub();
  const auto context = Context();
  context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::SayResponse response;
  EXPECT_EQ(stub->Large(context.get(), Filled(900 * 1024), &response).error_code(), StatusCode::UNIMPLEMENTED);
  EXPECT_TRUE(stub->Say(Context().get(), Saying("x"), &response).ok());
}

TEST(LimitsTest, Metadata) {
  EchoServer server;
  const auto stub = server.Stub();
  v1::SayResponse response;
  const auto some = Context();
  some->AddMetadata("filler", std::string(6000, 'x'));
  EXPECT_TRUE(stub->Say(some.get(), Saying("x"), &response).ok());
  const auto more = Context();
  more->AddMetadata("filler", std::string(9000, 'x'));
  EXPECT_EQ(stub->Say(more.get(), Saying("x"), &response).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  // The connection is gone, the server is not.
  EXPECT_TRUE(Eventually([&] { return stub->Say(Context().get(), Saying("x"), &response).ok(); }));
}

TEST(LimitsTest, AFullServerSaysSoAtOnce) {
  EchoServer server([](rpc::ServerOptions& options) {
    options.workers = 2;
    options.max_in_flight = 4;
  });
  const auto stub = server.Stub();
  std::vector<std::thread> callers;
  std::atomic<int> served{0};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      v1::SayResponse response;
      if (stub->Say(Context().get(), Saying("x", 600), &response).ok()) ++served;
    });
  }
  ASSERT_TRUE(Eventually([&] { return server.server->in_flight() == 4; }));
  const absl::Time before = absl::Now();
  v1::SayResponse response;
  const grpc::Status status = stub->Say(Context().get(), Saying("x"), &response);
  EXPECT_LT(absl::Now() - before, absl::Milliseconds(500));  // the work under way takes longer
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(status).reason(), "SERVER_BUSY");
  EXPECT_NE(status.error_details().find("RetryInfo"), std::string::npos);
  // A waiting call has a lane of its own.
  EXPECT_TRUE(stub->Wait(Context().get(), Saying("x"), &response).ok());
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(served, 4);
  EXPECT_TRUE(stub->Say(Context().get(), Saying("x"), &response).ok());
}

TEST(LimitsTest, WaitingCallsDoNotKeepWorkersFromShortOnes) {
  EchoServer server([](rpc::ServerOptions& options) {
    options.workers = 1;
    options.waiting_workers = 2;
    options.max_waiting = 2;
  });
  const auto stub = server.Stub();
  std::vector<std::thread> waiters;
  for (int i = 0; i < 2; ++i) {
    waiters.emplace_back([&] {
      v1::SayResponse response;
      EXPECT_TRUE(stub->Wait(Context().get(), Saying("x", 800), &response).ok());
    });
  }
  ASSERT_TRUE(Eventually([&] { return server.api.said == 2; }));
  v1::SayResponse response;
  const absl::Time before = absl::Now();
  EXPECT_TRUE(stub->Say(Context().get(), Saying("x"), &response).ok());
  EXPECT_LT(absl::Now() - before, absl::Milliseconds(700));  // the waiting ones take longer
  EXPECT_EQ(stub->Wait(Context().get(), Saying("x"), &response).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  for (std::thread& waiter : waiters) waiter.join();
}

TEST(LimitsTest, ARequestThatNeverComesIsNotAwaitedForLong) {
  EchoServer server(
      [](rpc::ServerOptions& options) { options.limits.first_message_timeout = absl::Milliseconds(200); });
  grpc::GenericStub stub(server.Channel());
  grpc::CompletionQueue queue;
  grpc::ClientContext context;  // no deadline
  const auto call = stub.PrepareCall(&context, "/trellis.rpctest.v1.Echo/Say", &queue);
  void* tag = nullptr;
  bool ok = false;
  grpc::Status status;
  call->StartCall(this);
  queue.Next(&tag, &ok);
  const absl::Time before = absl::Now();
  call->Finish(&status, this);
  queue.Next(&tag, &ok);
  EXPECT_EQ(status.error_code(), StatusCode::CANCELLED);
  EXPECT_LT(absl::Now() - before, absl::Seconds(4));
}

TEST(LimitsTest, StreamsOfOneConnection) {
  EchoServer server([](rpc::ServerOptions& options) {
    options.limits.max_streams_per_connection = 2;
    options.workers = 8;
  });
  const auto stub = server.Stub();
  v1::SayResponse response;
  ASSERT_TRUE(stub->Say(Context().get(), Saying("settings are known now"), &response).ok());
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      v1::SayResponse answer;
      EXPECT_TRUE(stub->Say(Context().get(), Saying("x", 300), &answer).ok());
    });
  }
  int most = 0;
  for (int i = 0; i < 100; ++i) {
    most = std::max(most, server.server->in_flight());
    absl::SleepFor(absl::Milliseconds(5));
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(most, 2);
}

int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

TEST(LimitsTest, AHandshakeThatDoesNotGoOn) {
  EchoServer server([](rpc::ServerOptions& options) { options.limits.handshake_timeout = absl::Milliseconds(300); });
  const int fd = ConnectTo(server.server->port());
  const absl::Time before = absl::Now();
  char buffer[256];
  pollfd waiter{fd, POLLIN, 0};
  ssize_t n = 1;
  while (n > 0 && poll(&waiter, 1, 5000) == 1) n = read(fd, buffer, sizeof(buffer));
  EXPECT_LE(n, 0) << "the connection is still open";
  EXPECT_LT(absl::Now() - before, absl::Seconds(3));
  close(fd);
}

// What a server sends until it ends the connection; a frame of HTTP/2 is asked for by its type.
std::string AllThatComes(int fd) {
  std::string all;
  char buffer[4096];
  pollfd waiter{fd, POLLIN, 0};
  for (ssize_t n = 1; n > 0 && poll(&waiter, 1, 5000) == 1;) {
    n = read(fd, buffer, sizeof(buffer));
    if (n > 0) all.append(buffer, static_cast<std::size_t>(n));
  }
  return all;
}

constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const std::string kEmptySettings("\0\0\0\x04\0\0\0\0\0", 9);

TEST(LimitsTest, AFloodOfPingsEndsTheConnection) {
  EchoServer server;
  const int fd = ConnectTo(server.server->port());
  std::string out(kPreface);
  out += kEmptySettings;
  for (int i = 0; i < 20; ++i) out += std::string("\0\0\x08\x06\0\0\0\0\0", 9) + std::string(8, 'p');
  ASSERT_EQ(write(fd, out.data(), out.size()), static_cast<ssize_t>(out.size()));
  EXPECT_THAT(AllThatComes(fd), ::testing::HasSubstr("too_many_pings"));
  close(fd);
  v1::SayResponse response;
  EXPECT_TRUE(server.Stub()->Say(Context().get(), Saying("others go on"), &response).ok());
}

TEST(LimitsTest, AnIdleConnectionEnds) {
  EchoServer server([](rpc::ServerOptions& options) { options.limits.max_connection_idle = absl::Milliseconds(300); });
  const int fd = ConnectTo(server.server->port());
  const std::string out = std::string(kPreface) + kEmptySettings;
  const absl::Time before = absl::Now();
  ASSERT_EQ(write(fd, out.data(), out.size()), static_cast<ssize_t>(out.size()));
  EXPECT_THAT(AllThatComes(fd), ::testing::HasSubstr("enter idle"));
  EXPECT_LT(absl::Now() - before, absl::Seconds(4));
  close(fd);
}

// What is beyond the bound is turned away by the library itself, before any handler, and the server lives on.
TEST(LimitsTest, MemoryOfAllConnectionsTogether) {
  EchoServer server([](rpc::ServerOptions& options) { options.limits.max_transport_bytes = std::size_t{1} << 20; });
  std::atomic<int> turned_away = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 32; ++i) {
    callers.emplace_back([&] {
      v1::SayResponse response;
      const grpc::Status status = server.Stub()->Large(Context().get(), Filled(900 * 1024), &response);
      const bool by_the_library = status.error_details().empty();
      if (!status.ok() && by_the_library) ++turned_away;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_GT(turned_away, 0);
  EXPECT_TRUE(Eventually([&] {
    v1::SayResponse response;
    return server.Stub()->Say(Context().get(), Saying("x"), &response).ok();
  }));
}

// Reflection is open to everybody and takes as long as the caller likes.
TEST(LimitsTest, StreamsForEverybodyKeepNoWorkerFromWaitingCalls) {
  EchoServer server([](rpc::ServerOptions& options) {
    options.reflection = true;
    options.waiting_workers = options.max_waiting = 1;
    options.public_stream_workers = options.max_public_streams = 1;
  });
  const auto channel = server.Channel();
  const auto reflection = grpc::reflection::v1alpha::ServerReflection::NewStub(channel);
  grpc::ClientContext held, refused;
  const auto stream = reflection->ServerReflectionInfo(&held);
  ASSERT_TRUE(Eventually([&] { return server.server->in_flight() == 1; }));
  v1::SayResponse response;
  EXPECT_TRUE(server.Stub()->Wait(Context().get(), Saying("x"), &response).ok());
  EXPECT_TRUE(server.Stub()->Say(Context().get(), Saying("x"), &response).ok());
  EXPECT_EQ(reflection->ServerReflectionInfo(&refused)->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  held.TryCancel();
  stream->Finish();
}

TEST(LimitsTest, OldConnectionsEndWithoutHarm) {
  EchoServer server([](rpc::ServerOptions& options) { options.limits.max_connection_age = absl::Milliseconds(200); });
  const auto channel = server.Channel();
  const auto stub = v1::Echo::NewStub(channel);
  for (int i = 0; i < 100; ++i) {
    v1::SayResponse response;
    const grpc::Status status = stub->Say(Context().get(), Saying("x", 5), &response);
    EXPECT_TRUE(status.ok()) << i << ": " << status.error_message();
  }
}

TEST(LimitsTest, ResponsesOfTooManyBytes) {
  EchoServer server([](rpc::ServerOptions& options) { options.limits.max_response_bytes = 100; });
  const auto stub = server.Stub();
  v1::SayResponse response;
  const grpc::Status status = stub->Say(Context().get(), Saying(std::string(150, 'x')), &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(status).reason(), "RESPONSE_TOO_LARGE");
}

}  // namespace
}  // namespace trellis::rpctest
