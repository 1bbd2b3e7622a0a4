#include "common/metrics/http_endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::metrics {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The whole answer, headers included.
std::string Ask(int port, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string out;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      ::send(fd, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    ssize_t n = 0;
    while ((n = ::recv(fd, buffer, sizeof(buffer), 0)) > 0) out.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return out;
}

std::string Get(int port, const std::string& path) { return Ask(port, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"); }

// One endpoint for all tests: civetweb takes two seconds to stop.
class HttpEndpointTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    HttpEndpoint::Options options;
    options.listen = "127.0.0.1:0";
    options.metrics = [] { return std::string("a_metric 1\n"); };
    options.ready = [] { return ready_ ? absl::OkStatus() : absl::UnavailableError("no database"); };
    auto endpoint = HttpEndpoint::Start(std::move(options));
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    endpoint_ = endpoint->release();
  }
  static void TearDownTestSuite() { delete endpoint_; }
  static int port() { return endpoint_->port(); }

  static inline std::atomic<bool> ready_{true};
  static inline HttpEndpoint* endpoint_ = nullptr;
};

TEST_F(HttpEndpointTest, ServesMetrics) {
  const std::string answer = Get(port(), "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\na_metric 1\n"));
}

TEST_F(HttpEndpointTest, ReadinessFollowsItsCallback) {
  EXPECT_THAT(Get(port(), "/readyz"), StartsWith("HTTP/1.1 200"));
  ready_ = false;
  const std::string answer = Get(port(), "/readyz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, EndsWith("no database\n"));
  EXPECT_THAT(Get(port(), "/livez"), StartsWith("HTTP/1.1 200")) << "a process without a database still lives";
  ready_ = true;
}

TEST_F(HttpEndpointTest, AnswersNothingElse) {
  EXPECT_THAT(Get(port(), "/"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get(port(), "/metrics/../../etc/passwd"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get(port(), "/metricsx"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Ask(port(), "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(Ask(port(), "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), StartsWith("HTTP/1.1 405"));
}

TEST_F(HttpEndpointTest, HeadHasNoBody) {
  EXPECT_THAT(Ask(port(), "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("\r\n\r\n"));
}

TEST_F(HttpEndpointTest, SurvivesGarbage) {
  Ask(port(), "\x16\x03\x01 not http at all \r\n\r\n");
  Ask(port(), absl::StrCat(std::string(100'000, 'A'), "\r\n\r\n"));
  EXPECT_THAT(Get(port(), "/livez"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpEndpointTest, SaysThatThePortIsTaken) {
  const std::string address = absl::StrCat("127.0.0.1:", port());
  const auto second = HttpEndpoint::Start({.listen = address});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(address));
}

TEST(HttpEndpointAddressTest, RefusesNonsense) {
  for (const char* listen : {"", "nonsense", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000", "1.2.3.4:1,5"}) {
    EXPECT_EQ(HttpEndpoint::Start({.listen = listen}).status().code(), absl::StatusCode::kInvalidArgument) << listen;
  }
}

}  // namespace
}  // namespace trellis::metrics
