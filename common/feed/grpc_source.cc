#include "common/feed/grpc_source.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "trellis/events/v1/events.grpc.pb.h"

namespace trellis::feed {

absl::StatusOr<EventBatch> GrpcSource::Read(std::int64_t after, int limit, absl::Duration wait) {
  events::v1::ReadEventsRequest request;
  request.set_after(after);
  request.set_limit(limit);
  const std::int64_t micros = absl::ToInt64Microseconds(wait);
  request.mutable_wait()->set_seconds(micros / 1000000);
  request.mutable_wait()->set_nanos(static_cast<std::int32_t>(micros % 1000000) * 1000);

  const std::unique_ptr<grpc::ClientContext> context = rpc::AsService(absl::Now() + wait + absl::Seconds(5));
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) return absl::CancelledError("the source was closed");
    running_ = context.get();
  }
  events::v1::ReadEventsResponse response;
  const grpc::Status status = events::v1::EventFeed::NewStub(channel_)->ReadEvents(context.get(), request, &response);
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  TRELLIS_RETURN_IF_ERROR(rpc::FromGrpc(status));
  EventBatch batch;
  batch.head = response.head();
  for (events::v1::Event& event : *response.mutable_events()) batch.events.push_back(std::move(event));
  return batch;
}

void GrpcSource::Cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (running_ != nullptr) running_->TryCancel();
}

Barrier::AskHead AskHeadOf(std::shared_ptr<grpc::Channel> channel) {
  const std::shared_ptr<events::v1::EventFeed::Stub> stub = events::v1::EventFeed::NewStub(channel);
  return [stub](absl::Time deadline) -> absl::StatusOr<std::int64_t> {
    const std::unique_ptr<grpc::ClientContext> context = rpc::AsService(deadline);
    events::v1::GetHeadResponse response;
    TRELLIS_RETURN_IF_ERROR(rpc::FromGrpc(stub->GetHead(context.get(), events::v1::GetHeadRequest(), &response)));
    return response.head();
  };
}

}  // namespace trellis::feed
