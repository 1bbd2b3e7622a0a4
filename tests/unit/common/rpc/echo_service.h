// A service that has one of everything, a server of it on a free port, and the users that it knows.
#ifndef TRELLIS_TESTS_UNIT_COMMON_RPC_ECHO_SERVICE_H_
#define TRELLIS_TESTS_UNIT_COMMON_RPC_ECHO_SERVICE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/rpc/server.h"
#include "google/rpc/error_details.pb.h"
#include "grpcpp/grpcpp.h"
#include "trellis/rpctest/v1/rpctest.grpc.pb.h"

namespace trellis::rpctest {

class EchoApi {
 public:
  absl::StatusOr<v1::SayResponse> Say(rpc::CallContext& call, const v1::SayRequest& request);
  absl::StatusOr<v1::WhoAmIResponse> WhoAmI(rpc::CallContext& call, const v1::WhoAmIRequest& request);
  absl::StatusOr<v1::CheckResponse> Check(rpc::CallContext& call, const v1::CheckRequest& request);
  absl::StatusOr<v1::SayResponse> Large(rpc::CallContext& call, const v1::LargeRequest& request);
  absl::Status Collect(rpc::CallContext& call, rpc::MessageStream<v1::SayRequest, v1::SayResponse>& stream);
  absl::Status Chat(rpc::CallContext& call, rpc::MessageStream<v1::SayRequest, v1::SayResponse>& stream);
  absl::Status Count(rpc::CallContext& call, rpc::MessageStream<v1::SayRequest, v1::SayResponse>& stream);

  rpc::Router MakeRouter();

  // Where set, runs in place of Say's own work.
  std::function<absl::StatusOr<v1::SayResponse>(rpc::CallContext&, const v1::SayRequest&)> say;
  std::atomic<int> said{0};       // handlers that have begun
  std::atomic<int> cancelled{0};  // handlers that saw that nobody waits
  std::atomic<int> collected{0};  // streams that ended well
  std::atomic<int> broken{0};     // streams that did not
};

// Knows the token "user-<uuid>" and no other.
class TokenIsTheUser final : public rpc::Authenticator {
 public:
  absl::StatusOr<rpc::Caller> Authenticate(absl::string_view token, const rpc::Peer& peer) override;
};

class AllowAll final : public rpc::Authorizer {
 public:
  absl::Status Authorize(rpc::CallContext& call, const google::protobuf::Message& request) override;
  std::function<absl::Status(rpc::CallContext&, const google::protobuf::Message&)> rule;
};

// Keeps what it is told. Thread-safe.
class Recorder final : public rpc::CallObserver {
 public:
  struct Entry {
    std::string method;
    absl::StatusCode code;
    absl::Status status;
    int received;
    int sent;
    std::string trace_id;
  };
  void OnRegister(const google::protobuf::MethodDescriptor&) override { ++registered; }
  void OnStart(const google::protobuf::MethodDescriptor*) override { ++started; }
  void OnFinish(const rpc::CallOutcome& outcome) override;
  std::vector<Entry> entries() const;

  std::atomic<int> registered{0};
  std::atomic<int> started{0};

 private:
  mutable absl::Mutex mutex_;
  std::vector<Entry> entries_;
};

// A running server in plaintext, unless `adjust` says otherwise.
struct EchoServer {
  using Adjust = std::function<void(rpc::ServerOptions&)>;
  explicit EchoServer(const Adjust& adjust = {});

  std::string target() const { return "127.0.0.1:" + std::to_string(server->port()); }
  std::shared_ptr<grpc::Channel> Channel() const;
  std::unique_ptr<v1::Echo::Stub> Stub() const { return v1::Echo::NewStub(Channel()); }

  EchoApi api;
  TokenIsTheUser authenticator;
  AllowAll authorizer;
  Recorder recorder;
  std::unique_ptr<rpc::Server> server;
};

// A context with a deadline and, where given, a token.
std::unique_ptr<grpc::ClientContext> Context(absl::Duration timeout = absl::Seconds(5), const std::string& token = "");
v1::SayRequest Saying(const std::string& text, int delay_ms = 0, int fail_with = 0);
google::rpc::ErrorInfo InfoOf(const grpc::Status& status);
std::vector<std::string> WrongFieldsOf(const grpc::Status& status);
// Waits at most five seconds until `condition` is true.
bool Eventually(const std::function<bool()>& condition);

}  // namespace trellis::rpctest

#endif  // TRELLIS_TESTS_UNIT_COMMON_RPC_ECHO_SERVICE_H_
