#include "common/rpc/health.h"

#include <utility>

#include "common/base/error.h"

namespace trellis::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

absl::Status Ending() { return Error(absl::StatusCode::kUnavailable, "SERVER_ENDING", "the server is ending"); }

}  // namespace

void Health::RegisterWith(Router& router) {
  router.Unary("grpc.health.v1.Health.Check", this, &Health::Check);
  router.Push("grpc.health.v1.Health.Watch", this, &Health::Watch);
  for (const auto* service : router.services()) services_.insert(service->full_name());
}

HealthCheckResponse Health::StateOf(bool known) const {
  HealthCheckResponse state;
  state.set_status(!known     ? HealthCheckResponse::SERVICE_UNKNOWN
                   : serving_ ? HealthCheckResponse::SERVING
                              : HealthCheckResponse::NOT_SERVING);
  return state;
}

void Health::SetServing(bool serving) {
  const absl::MutexLock lock(&mutex_);
  if (serving == serving_) return;
  serving_ = serving;
  std::vector<Watcher> live;
  for (Watcher& watcher : watchers_) {
    const bool heard = watcher.known ? watcher.stream->Send(StateOf(true)) : !watcher.stream->ended();
    if (heard) live.push_back(std::move(watcher));
  }
  watchers_ = std::move(live);
}

void Health::Close() {
  std::vector<Watcher> watchers;
  {
    const absl::MutexLock lock(&mutex_);
    closed_ = true;
    watchers.swap(watchers_);
  }
  for (const Watcher& watcher : watchers) watcher.stream->End(Ending());
}

absl::StatusOr<HealthCheckResponse> Health::Check(CallContext&, const HealthCheckRequest& request) {
  if (!IsKnown(request.service())) return NotFound(request.service());
  const absl::MutexLock lock(&mutex_);
  return StateOf(true);
}

absl::Status Health::Watch(CallContext&, const HealthCheckRequest& request, std::shared_ptr<PushStream> stream) {
  const bool known = IsKnown(request.service());
  const absl::MutexLock lock(&mutex_);
  if (closed_) return Ending();
  std::erase_if(watchers_, [](const Watcher& watcher) { return watcher.stream->ended(); });
  if (watchers_.size() >= kMostWatchers) {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHERS", "too many watch this server's health")
        .RetryAfter(absl::Seconds(10));
  }
  // Under the lock, so that no change gets between the first state and the next.
  if (stream->Send(StateOf(known))) watchers_.push_back({std::move(stream), known});
  return absl::OkStatus();
}

}  // namespace trellis::rpc
