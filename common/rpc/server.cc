#include "common/rpc/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/rpc/health.h"
#include "common/rpc/pipeline/pipeline.h"
#include "common/rpc/reflection.h"
#include "common/rpc/transport/credentials.h"
#include "common/rpc/transport/server_call.h"
#include "common/rpc/transport/tls_material.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/channel_arguments.h"

namespace trellis::rpc {
namespace {

// Calls that wait for a caller, on each queue: enough that a burst need not queue inside the library.
constexpr int kAcceptors = 32;
constexpr std::chrono::seconds kSweepInterval{1};
constexpr unsigned kEventsPerLook = 64;  // how often a busy queue looks at the clock

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(std::min<std::int64_t>(absl::ToInt64Milliseconds(duration), std::numeric_limits<int>::max()));
}

std::size_t LargestRequest(const Router& router, const ServerLimits& limits) {
  std::size_t largest = static_cast<std::size_t>(limits.max_request_bytes);
  for (const Router::Method* method : router.methods()) {
    largest = std::max<std::size_t>(largest, method->policy.max_request_bytes());
  }
  return largest;
}

void ApplyLimits(const ServerLimits& limits, std::size_t largest_request, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(largest_request));
  builder.SetMaxSendMessageSize(limits.max_response_bytes);
  builder.SetResourceQuota(grpc::ResourceQuota("trellis").Resize(limits.max_transport_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, limits.max_metadata_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.max_streams_per_connection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(limits.handshake_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(limits.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(limits.max_connection_age_grace));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(limits.max_connection_idle));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(limits.keepalive_time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(limits.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(limits.min_ping_interval));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  // Two servers on one port would share its calls without anybody noticing.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A kilobyte can inflate to a megabyte, and compressing secrets beside chosen text gives them away.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Router router, Authenticator* authenticator, Authorizer* authorizer,
       std::vector<CallObserver*> observers, const Clock& clock)
      : options_(std::move(options)),
        router_(std::move(router)),
        authenticator_(authenticator),
        authorizer_(authorizer),
        observers_(std::move(observers)),
        clock_(clock) {}

  absl::Status Start();
  void SetServing(bool serving) { health_.SetServing(serving); }
  absl::Status Probe(absl::Time deadline) const;
  void Drain(absl::Duration settle, absl::Duration grace);
  int port() const { return port_; }
  int in_flight() const {
    return short_lane_ == nullptr ? 0
                                  : short_lane_->admission.in_flight() + waiting_lane_->admission.in_flight() +
                                        public_stream_lane_->admission.in_flight();
  }

 private:
  absl::Status Check() const;
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials();
  void MakeEnvironment();
  void Poll(QueueState& state);

  const ServerOptions options_;
  Router router_;
  Authenticator* const authenticator_;
  Authorizer* const authorizer_;
  const std::vector<CallObserver*> observers_;
  const Clock& clock_;

  Health health_;
  Reflection reflection_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Lane> short_lane_;
  std::unique_ptr<Lane> waiting_lane_;
  std::unique_ptr<Lane> public_stream_lane_;
  std::shared_ptr<TlsMaterial> tls_;
  grpc::AsyncGenericService service_;
  CallEnvironment environment_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  std::vector<std::unique_ptr<QueueState>> states_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::thread> pollers_;
  std::atomic<bool> drained_{false};
  int port_ = 0;
};

absl::Status Server::Impl::Check() const {
  std::vector<std::string> mistakes = router_.Check();
  if (options_.service.empty()) mistakes.push_back("the server has no service name");
  if (options_.tls.has_value() == options_.plaintext) mistakes.push_back("either TLS or plaintext must be chosen");
  if (options_.workers < 1 || options_.max_in_flight < 1) mistakes.push_back("at least one worker is needed");
  if (options_.waiting_workers < 1 || options_.max_waiting < 1) mistakes.push_back("one waiting worker is needed");
  if (options_.public_stream_workers < 1) mistakes.push_back("one worker for public streams is needed");
  if (mistakes.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(mistakes, "\n"));
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Server::Impl::Credentials() {
  if (options_.plaintext) return grpc::InsecureServerCredentials();
  if (options_.tls->certificate.empty() || options_.tls->ca.empty()) {
    return absl::FailedPreconditionError("a server needs certificate, key and authorities");
  }
  TRELLIS_ASSIGN_OR_RETURN(tls_, TlsMaterial::Load(*options_.tls));
  return ServerTls(*tls_,
                   {.trust_domain = options_.trust_domain, .certificate_required = options_.certificate_required});
}

void Server::Impl::MakeEnvironment() {
  pipeline_ = std::make_unique<Pipeline>(
      Pipeline::Options{.trust_domain = options_.trust_domain,
                        .max_request_bytes = static_cast<std::size_t>(options_.limits.max_request_bytes),
                        .max_response_bytes = static_cast<std::size_t>(options_.limits.max_response_bytes),
                        .gate = gate_.get()},
      &router_, authenticator_, authorizer_, options_.auditor);
  short_lane_ = std::make_unique<Lane>(options_.workers, options_.max_in_flight);
  waiting_lane_ = std::make_unique<Lane>(options_.waiting_workers, options_.max_waiting);
  public_stream_lane_ = std::make_unique<Lane>(options_.public_stream_workers, options_.max_public_streams);
  environment_.router = &router_;
  environment_.pipeline = pipeline_.get();
  environment_.auditor = options_.auditor;
  environment_.observers = &observers_;
  environment_.clock = &clock_;
  environment_.domain = absl::StrCat("trellis.", options_.service);
  environment_.first_message_timeout = options_.limits.first_message_timeout;
  environment_.short_lane = short_lane_.get();
  environment_.waiting_lane = waiting_lane_.get();
  environment_.public_stream_lane = public_stream_lane_.get();
  environment_.service = &service_;
}

absl::Status Server::Impl::Start() {
  health_.RegisterWith(router_);
  if (options_.reflection) reflection_.RegisterWith(router_);
  TRELLIS_RETURN_IF_ERROR(Check());
  TRELLIS_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials, Credentials());
  if (!options_.gate.path.empty()) {
    TRELLIS_ASSIGN_OR_RETURN(gate_, Gate::Open(options_.gate));
  }

  grpc::ServerBuilder builder;
  ApplyLimits(options_.limits, LargestRequest(router_, options_.limits), builder);
  builder.AddListeningPort(options_.listen, credentials, &port_);
  builder.RegisterAsyncGenericService(&service_);
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int queues = options_.completion_queues > 0 ? options_.completion_queues : std::max(1, cores / 2);
  for (int i = 0; i < queues; ++i) queues_.push_back(builder.AddCompletionQueue());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    for (auto& queue : queues_) queue->Shutdown();
    server_.reset();
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.listen));
  }
  MakeEnvironment();
  for (CallObserver* observer : observers_) {
    for (const Router::Method* method : router_.methods()) observer->OnRegister(*method->descriptor);
  }
  for (auto& queue : queues_) {
    states_.push_back(std::make_unique<QueueState>(QueueState{queue.get(), {}}));
    for (int i = 0; i < kAcceptors; ++i) ServerCall::AcceptNext(&environment_, states_.back().get());
    pollers_.emplace_back([this, state = states_.back().get()] { Poll(*state); });
  }
  return absl::OkStatus();
}

void Server::Impl::Poll(QueueState& state) {
  using SystemClock = std::chrono::system_clock;
  auto next_sweep = SystemClock::now() + kSweepInterval;
  for (unsigned events = 0;; ++events) {
    void* raw = nullptr;
    bool ok = false;
    const auto event = state.queue->AsyncNext(&raw, &ok, next_sweep);
    if (event == grpc::CompletionQueue::SHUTDOWN) return;
    if (event == grpc::CompletionQueue::GOT_EVENT) {
      const Tag* tag = static_cast<const Tag*>(raw);
      (tag->call->*tag->on_event)(ok);
      if (events % kEventsPerLook != 0) continue;
    }
    if (SystemClock::now() < next_sweep) continue;
    next_sweep = SystemClock::now() + kSweepInterval;
    for (ServerCall* call : state.reading) call->CancelIfStale(std::chrono::steady_clock::now());
  }
}

absl::Status Server::Impl::Probe(absl::Time deadline) const {
  const std::string host = options_.listen.substr(0, options_.listen.rfind(':'));
  const std::string target = absl::StrCat(host == "0.0.0.0" || host.empty() ? "127.0.0.1"
                                          : host == "[::]"                  ? "[::1]"
                                                                            : host,
                                          ":", port_);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // no connection that is there already
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (tls_ != nullptr) {
    credentials = ChannelTls(*tls_, {.host_name = false, .service = "", .trust_domain = options_.trust_domain});
  }
  const auto channel = grpc::CreateCustomChannel(target, credentials, arguments);
  if (channel->WaitForConnected(absl::ToChronoTime(deadline))) return absl::OkStatus();
  return absl::UnavailableError("the gRPC port takes no new connection");
}

void Server::Impl::Drain(absl::Duration settle, absl::Duration grace) {
  if (server_ == nullptr || drained_.exchange(true)) return;
  SetServing(false);
  absl::SleepFor(settle);
  health_.Close();
  server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  // Every call object is told of its end before the queues may close.
  while (environment_.live_calls.load(std::memory_order_acquire) > 0) absl::SleepFor(absl::Milliseconds(1));
  short_lane_->pool.Close();
  waiting_lane_->pool.Close();
  public_stream_lane_->pool.Close();
  for (auto& queue : queues_) queue->Shutdown();
  for (std::thread& poller : pollers_) poller.join();
}

Server::Server(ServerOptions options, Router router, Authenticator* authenticator, Authorizer* authorizer,
               std::vector<CallObserver*> observers, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(router), authenticator, authorizer,
                                   std::move(observers), clock)) {}

Server::~Server() { impl_->Drain(absl::ZeroDuration(), absl::ZeroDuration()); }

absl::Status Server::Start() { return impl_->Start(); }
int Server::port() const { return impl_->port(); }
absl::Status Server::Probe(absl::Time deadline) const { return impl_->Probe(deadline); }
void Server::SetServing(bool serving) { impl_->SetServing(serving); }
void Server::Drain(absl::Duration settle, absl::Duration grace) { impl_->Drain(settle, grace); }
int Server::in_flight() const { return impl_->in_flight(); }

}  // namespace trellis::rpc
