#include "common/rpc/client_interceptor.h"

#include <chrono>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "grpcpp/support/status.h"

namespace trellis::rpc {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

absl::string_view TypeName(ClientRpcInfo::Type type) {
  switch (type) {
    case ClientRpcInfo::Type::CLIENT_STREAMING:
      return "client_stream";
    case ClientRpcInfo::Type::SERVER_STREAMING:
      return "server_stream";
    case ClientRpcInfo::Type::BIDI_STREAMING:
      return "bidi_stream";
    default:
      return "unary";
  }
}

class ObservingInterceptor final : public Interceptor {
 public:
  ObservingInterceptor(ClientRpcInfo* info, ClientObserver* observer) : observer_(observer) {
    absl::string_view path = info->method();
    absl::ConsumePrefix(&path, "/");
    const std::size_t slash = path.find('/');
    outcome_.service = path.substr(0, slash);
    outcome_.method = slash == absl::string_view::npos ? absl::string_view() : path.substr(slash + 1);
    outcome_.type = TypeName(info->type());
  }

  void Intercept(InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      started_ = std::chrono::steady_clock::now();
      observer_->OnStart(outcome_.service, outcome_.method, outcome_.type);
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) ++outcome_.sent;
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        batch->GetRecvMessage() != nullptr) {
      ++outcome_.received;
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_STATUS)) {
      outcome_.code = static_cast<absl::StatusCode>(batch->GetRecvStatus()->error_code());
      outcome_.duration = absl::FromChrono(std::chrono::steady_clock::now() - started_);
      observer_->OnFinish(outcome_);
    }
    batch->Proceed();
  }

 private:
  ClientObserver* const observer_;
  ClientOutcome outcome_;
  std::chrono::steady_clock::time_point started_;
};

class Factory final : public ClientInterceptorFactoryInterface {
 public:
  explicit Factory(ClientObserver* observer) : observer_(observer) {}
  Interceptor* CreateClientInterceptor(ClientRpcInfo* info) override {
    return new ObservingInterceptor(info, observer_);
  }

 private:
  ClientObserver* const observer_;
};

}  // namespace

std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> Observing(ClientObserver* observer) {
  std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<Factory>(observer));
  return factories;
}

}  // namespace trellis::rpc
