#include "tests/fault/client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace trellis::fault {
namespace {

constexpr absl::Duration kTokenAge = absl::Minutes(3);  // tokens live for five
constexpr absl::Duration kPause = absl::Milliseconds(60);

}  // namespace

bool MayRepeat(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::CANCELLED:
      return true;
    default:
      return false;
  }
}

std::string NewRequestId() {
  static IdGenerator& ids = *new IdGenerator(SystemClock(), SystemRandom());
  return ids.Next().ToString();
}

Client::Client(const Fleet& fleet, std::string login, Outages* outages) : login_(std::move(login)), outages_(outages) {
  const auto identity = ChannelTo(fleet, "identity");
  const auto assessment = ChannelTo(fleet, "assessment");
  const auto caseload = ChannelTo(fleet, "caseload");
  sessions_ = identity::v1::Sessions::NewStub(identity);
  organizations_ = identity::v1::Organizations::NewStub(identity);
  users_ = identity::v1::Users::NewStub(identity);
  persons_ = identity::v1::Persons::NewStub(identity);
  assessments_ = assessment::v1::Assessments::NewStub(assessment);
  cases_ = caseload::v1::Cases::NewStub(caseload);
  alerts_ = caseload::v1::SafetyAlerts::NewStub(caseload);
}

std::shared_ptr<grpc::Channel> Client::ChannelTo(const Fleet& fleet, const std::string& service) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(
      fleet.AddressOf(service),
      grpc::SslCredentials({fleet.authority(), fleet.KeyOf("door"), fleet.CertificateOf("door")}), arguments);
}

grpc::Status Client::SignIn(std::string* token) {
  std::lock_guard lock(mutex_);  // one signs in for all; the others wait
  if (absl::Now() - signed_in_ > kTokenAge) {
    identity::v1::SignInRequest request;
    request.set_login(login_);
    request.set_password(kPassword);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(3)));
    context.set_wait_for_ready(true);
    identity::v1::SignInResponse response;
    const grpc::Status status = sessions_->SignIn(&context, request, &response);
    // A token of three minutes is good for two more.
    if (!status.ok() && token_.empty()) return status;
    if (status.ok()) {
      token_ = response.access_token();
      signed_in_ = absl::Now();
    }
  }
  *token = token_;
  return grpc::Status::OK;
}

grpc::Status Client::Once(const std::string& service, const Send& send, absl::Duration timeout) {
  std::string token;
  if (const grpc::Status status = SignIn(&token); !status.ok()) return status;
  const absl::Time begun = absl::Now();
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(begun + timeout));
  // A call that fails at once while the channel reconnects polls for nobody, and without a poller no connection comes
  // about: a client whose only calls are such ones would stay away for minutes.
  context.set_wait_for_ready(true);
  context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  grpc::Status status = send(context);
  if (status.ok() && outages_ != nullptr) outages_->Answered(service, begun, absl::Now());
  return status;
}

grpc::Status Client::Until(absl::Time limit, const std::string& service, const Send& send) {
  while (true) {
    grpc::Status status = Once(service, send);
    if (status.ok() || !MayRepeat(status) || absl::Now() > limit) return status;
    absl::SleepFor(kPause);
  }
}

}  // namespace trellis::fault
