#include "common/rpc/channel.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/rpc/client_interceptor.h"
#include "common/rpc/contract.h"
#include "common/rpc/transport/credentials.h"
#include "common/rpc/transport/tls_material.h"
#include "common/trace/context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace trellis::rpc {
namespace {

// What a call needs to turn a peer's answer into its own.
constexpr absl::Duration kMargin = absl::Milliseconds(20);
constexpr int kMaxResponse = 4 * 1024 * 1024;

grpc::ChannelArguments Arguments(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfigFor(options.packages, options.default_deadline));
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 10'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);  // also the time that one attempt may take
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INHIBIT_HEALTH_CHECKING, options.through_door ? 1 : 0);
  arguments.SetMaxReceiveMessageSize(kMaxResponse);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  return arguments;
}

}  // namespace

PeerChannel::PeerChannel() = default;
PeerChannel::~PeerChannel() = default;

absl::StatusOr<std::unique_ptr<PeerChannel>> PeerChannel::Connect(ChannelOptions options) {
  if (options.tls.has_value() == options.plaintext) {
    return absl::FailedPreconditionError(absl::StrCat(options.target, ": either TLS or plaintext must be chosen"));
  }
  std::unique_ptr<PeerChannel> peer(new PeerChannel());
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (options.tls.has_value()) {
    TRELLIS_ASSIGN_OR_RETURN(peer->tls_, TlsMaterial::Load(*options.tls));
    credentials = ChannelTls(*peer->tls_, {.service = options.service, .trust_domain = options.trust_domain});
  }
  const grpc::ChannelArguments arguments = Arguments(options);
  if (options.observer == nullptr) {
    peer->channel_ = grpc::CreateCustomChannel(options.target, credentials, arguments);
    return peer;
  }
  for (const auto* method : MethodsOf(options.packages)) options.observer->OnRegister(*method);
  peer->channel_ = grpc::experimental::CreateCustomChannelWithInterceptors(options.target, credentials, arguments,
                                                                           Observing(options.observer));
  return peer;
}

std::unique_ptr<grpc::ClientContext> OnBehalfOf(const CallContext& call, absl::Duration limit) {
  // A child of the incoming call: cancelled with it.
  std::unique_ptr<grpc::ClientContext> context = call.transport() == nullptr
                                                     ? std::make_unique<grpc::ClientContext>()
                                                     : grpc::ClientContext::FromServerContext(*call.transport());
  const absl::Time deadline = std::min(call.deadline() - kMargin, absl::Now() + limit);
  if (deadline != absl::InfiniteFuture()) context->set_deadline(absl::ToChronoTime(deadline));
  if (!call.bearer_token().empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", call.bearer_token()));
  context->AddMetadata("traceparent", trace::ToTraceparent(call.trace().Child()));
  return context;
}

std::unique_ptr<grpc::ClientContext> AsService(absl::Time deadline) {
  auto context = std::make_unique<grpc::ClientContext>();
  if (deadline != absl::InfiniteFuture()) context->set_deadline(absl::ToChronoTime(deadline));
  context->AddMetadata("traceparent", trace::ToTraceparent(trace::Current().Child()));
  return context;
}

}  // namespace trellis::rpc
