// Another service's feed, over the network.
#ifndef TRELLIS_COMMON_FEED_GRPC_SOURCE_H_
#define TRELLIS_COMMON_FEED_GRPC_SOURCE_H_

#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/feed/barrier.h"
#include "common/feed/source.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace trellis::feed {

// One follower's. Cancel may come from another thread.
class GrpcSource final : public EventSource {
 public:
  explicit GrpcSource(std::shared_ptr<grpc::Channel> channel) : channel_(std::move(channel)) {}
  absl::StatusOr<EventBatch> Read(std::int64_t after, int limit, absl::Duration wait) override;
  void Cancel() override;

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  std::mutex mutex_;
  grpc::ClientContext* running_ = nullptr;  // guarded by mutex_
  bool cancelled_ = false;                  // guarded by mutex_
};

// Where the feed of a service ends, asked of the service itself.
Barrier::AskHead AskHeadOf(std::shared_ptr<grpc::Channel> channel);

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_GRPC_SOURCE_H_
