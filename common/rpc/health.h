// grpc.health.v1 from the server's own state. The library's own service would bring a second queue with threads that
// take calls off ours; the figures are in tests/bench.
#ifndef TRELLIS_COMMON_RPC_HEALTH_H_
#define TRELLIS_COMMON_RPC_HEALTH_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/call_context.h"
#include "common/rpc/message_stream.h"
#include "common/rpc/router.h"
#include "grpc/health/v1/health.pb.h"

namespace trellis::rpc {

// NOT_SERVING until told otherwise. Thread-safe once registered; outlives the server's calls.
class Health {
 public:
  static constexpr std::size_t kMostWatchers = 1000;

  // Adds itself to `router` and remembers what else is served there.
  void RegisterWith(Router& router);

  // For the server as a whole and each of its services. Watchers are told.
  void SetServing(bool serving);
  // Ends every watch and lets no new one begin.
  void Close();

  absl::StatusOr<grpc::health::v1::HealthCheckResponse> Check(CallContext& call,
                                                              const grpc::health::v1::HealthCheckRequest& request);
  absl::Status Watch(CallContext& call, const grpc::health::v1::HealthCheckRequest& request,
                     std::shared_ptr<PushStream> stream);

 private:
  struct Watcher {
    std::shared_ptr<PushStream> stream;
    bool known;  // whether the service that is watched is served here
  };

  bool IsKnown(const std::string& service) const { return service.empty() || services_.count(service) > 0; }
  grpc::health::v1::HealthCheckResponse StateOf(bool known) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::set<std::string> services_;
  absl::Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Watcher> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_HEALTH_H_
