#include "tests/unit/common/rpc/echo_service.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "google/rpc/status.pb.h"

namespace trellis::rpctest {

absl::StatusOr<v1::SayResponse> EchoApi::Say(rpc::CallContext& call, const v1::SayRequest& request) {
  ++said;
  if (say) return say(call, request);
  v1::SayResponse response;
  response.set_left_ms(absl::ToInt64Milliseconds(call.deadline() - absl::Now()));
  const absl::Time end = absl::Now() + absl::Milliseconds(request.delay_ms());
  while (absl::Now() < end) {
    if (call.cancelled()) {
      ++cancelled;
      break;
    }
    absl::SleepFor(std::min(absl::Milliseconds(2), end - absl::Now()));
  }
  if (request.text() == "throw") throw std::runtime_error("SELECT secret FROM t");
  if (request.fail_with() != 0) {
    return absl::Status(static_cast<absl::StatusCode>(request.fail_with()), "SELECT secret FROM t");
  }
  response.set_text(request.text());
  response.set_trace_id(call.trace().trace_id);
  return response;
}

absl::StatusOr<v1::WhoAmIResponse> EchoApi::WhoAmI(rpc::CallContext& call, const v1::WhoAmIRequest&) {
  v1::WhoAmIResponse response;
  if (!call.caller().user.is_nil()) response.set_user(call.caller().user.ToString());
  response.set_service(call.caller().service);
  return response;
}

absl::StatusOr<v1::CheckResponse> EchoApi::Check(rpc::CallContext&, const v1::CheckRequest&) {
  return v1::CheckResponse();
}

absl::StatusOr<v1::SayResponse> EchoApi::Large(rpc::CallContext&, const v1::LargeRequest& request) {
  v1::SayResponse response;
  response.set_text(absl::StrCat(request.filler().size()));
  return response;
}

absl::Status EchoApi::Collect(rpc::CallContext&, rpc::MessageStream<v1::SayRequest, v1::SayResponse>& stream) {
  v1::SayResponse response;
  v1::SayRequest request;
  while (true) {
    const absl::StatusOr<bool> more = stream.Read(&request);
    if (!more.ok()) {
      ++broken;
      return more.status();
    }
    if (!*more) break;
    response.mutable_text()->append(request.text());
  }
  ++collected;
  return stream.Write(response);
}

absl::Status EchoApi::Chat(rpc::CallContext&, rpc::MessageStream<v1::SayRequest, v1::SayResponse>& stream) {
  v1::SayRequest request;
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(const bool more, stream.Read(&request));
    if (!more) return absl::OkStatus();
    if (request.fail_with() != 0) return Error(absl::StatusCode::kAborted, "STOP", "told to stop");
    v1::SayResponse response;
    response.set_text(request.text());
    TRELLIS_RETURN_IF_ERROR(stream.Write(response));
  }
}

absl::Status EchoApi::Count(rpc::CallContext&, rpc::MessageStream<v1::SayRequest, v1::SayResponse>& stream) {
  v1::SayRequest request;
  TRELLIS_RETURN_IF_ERROR(stream.Read(&request).status());
  for (int i = 0; i < request.times(); ++i) {
    v1::SayResponse response;
    response.set_text(absl::StrCat(i));
    TRELLIS_RETURN_IF_ERROR(stream.Write(response));
  }
  return absl::OkStatus();
}

rpc::Router EchoApi::MakeRouter() {
  rpc::Router router;
  for (const char* name : {"Say", "Once", "Hurry", "Wait", "Tiny"}) {
    router.Unary(absl::StrCat("trellis.rpctest.v1.Echo.", name), this, &EchoApi::Say);
  }
  router.Unary("trellis.rpctest.v1.Echo.WhoAmI", this, &EchoApi::WhoAmI);
  router.Unary("trellis.rpctest.v1.Echo.WhichService", this, &EchoApi::WhoAmI);
  router.Unary("trellis.rpctest.v1.Echo.Check", this, &EchoApi::Check);
  router.Unary("trellis.rpctest.v1.Echo.Large", this, &EchoApi::Large);
  router.Unary("trellis.rpctest.v1.Echo.Usual", this, &EchoApi::Large);
  router.Stream("trellis.rpctest.v1.Echo.Collect", this, &EchoApi::Collect);
  router.Stream("trellis.rpctest.v1.Echo.Chat", this, &EchoApi::Chat);
  router.Stream("trellis.rpctest.v1.Echo.Count", this, &EchoApi::Count);
  return router;
}

absl::StatusOr<rpc::Caller> TokenIsTheUser::Authenticate(absl::string_view token, const rpc::Peer&) {
  if (absl::ConsumePrefix(&token, "user-")) {
    if (const absl::StatusOr<Id> id = Id::Parse(token); id.ok()) {
      rpc::Caller caller;
      caller.kind = rpc::Caller::Kind::kUser;
      caller.user = *id;
      return caller;
    }
  }
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID", "the access token is not valid");
}

absl::Status AllowAll::Authorize(rpc::CallContext& call, const google::protobuf::Message& request) {
  return rule ? rule(call, request) : absl::OkStatus();
}

void Recorder::OnFinish(const rpc::CallOutcome& outcome) {
  absl::MutexLock lock(&mutex_);
  entries_.push_back({outcome.method == nullptr ? "" : outcome.method->name(), outcome.code, outcome.status,
                      outcome.received, outcome.sent, outcome.trace == nullptr ? "" : outcome.trace->trace_id});
}

std::vector<Recorder::Entry> Recorder::entries() const {
  absl::MutexLock lock(&mutex_);
  return entries_;
}

EchoServer::EchoServer(const Adjust& adjust) {
  rpc::ServerOptions options;
  options.service = "rpctest";
  options.plaintext = true;
  if (adjust) adjust(options);
  server = std::make_unique<rpc::Server>(options, api.MakeRouter(), &authenticator, &authorizer,
                                         std::vector<rpc::CallObserver*>{&recorder});
  if (const absl::Status status = server->Start(); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    std::abort();
  }
  server->SetServing(true);
}

std::shared_ptr<grpc::Channel> EchoServer::Channel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(target(), grpc::InsecureChannelCredentials(), arguments);
}

std::unique_ptr<grpc::ClientContext> Context(absl::Duration timeout, const std::string& token) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  if (!token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
  return context;
}

v1::SayRequest Saying(const std::string& text, int delay_ms, int fail_with) {
  v1::SayRequest request;
  request.set_text(text);
  request.set_delay_ms(delay_ms);
  request.set_fail_with(fail_with);
  return request;
}

namespace {

template <class Detail>
Detail DetailOf(const grpc::Status& status, int* count) {
  google::rpc::Status rich;
  rich.ParseFromString(status.error_details());
  Detail found;
  *count = 0;
  for (const auto& any : rich.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) found = detail, ++*count;
  }
  return found;
}

}  // namespace

google::rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  int count = 0;
  google::rpc::ErrorInfo info = DetailOf<google::rpc::ErrorInfo>(status, &count);
  if (count != 1) info.set_reason(absl::StrCat(count, " ErrorInfos in: ", status.error_message()));
  return info;
}

std::vector<std::string> WrongFieldsOf(const grpc::Status& status) {
  int count = 0;
  std::vector<std::string> fields;
  const auto bad_request = DetailOf<google::rpc::BadRequest>(status, &count);
  for (const auto& violation : bad_request.field_violations()) {
    fields.push_back(violation.field());
  }
  return fields;
}

bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return condition();
}

}  // namespace trellis::rpctest
