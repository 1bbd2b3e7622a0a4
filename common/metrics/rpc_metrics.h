// grpc_server_* and grpc_client_* with the names and labels of go-grpc-middleware, so that existing dashboards and
// alerts work: started_total, handled_total{grpc_code}, msg_received_total, msg_sent_total, handling_seconds.
#ifndef TRELLIS_COMMON_METRICS_RPC_METRICS_H_
#define TRELLIS_COMMON_METRICS_RPC_METRICS_H_

#include <array>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"

namespace trellis::metrics {

// "OK", "Canceled", "DeadlineExceeded", ...: the spelling of Go's codes. Any number outside 0..16 is "Unknown".
absl::string_view CodeName(absl::StatusCode code);

enum class MethodType { kUnary, kClientStream, kServerStream, kBidiStream };

// The metrics of one method: plain handles, no look-up. Thread-safe.
class MethodMetrics {
 public:
  void Started() { started_->Increment(); }
  void MessageReceived() { received_->Increment(); }
  void MessageSent() { sent_->Increment(); }
  void Handled(absl::StatusCode code, absl::Duration took);

 private:
  friend class RpcMetrics;
  static constexpr int kCodes = 17;

  Counter* started_ = nullptr;
  Counter* received_ = nullptr;
  Counter* sent_ = nullptr;
  Histogram* seconds_ = nullptr;
  std::array<Counter*, kCodes> handled_{};
};

// Thread-safe. References that it gives out live as long as it does.
class RpcMetrics {
 public:
  enum class Side { kServer, kClient };
  RpcMetrics(Registry* registry, Side side) : registry_(registry), side_(side) {}

  // Makes a method's metrics, every code at 0. `service` is "trellis.identity.v1.Persons", `method` "GetPerson".
  // Registering again gives the same metrics.
  MethodMetrics& Register(absl::string_view service, absl::string_view method, MethodType type);
  // For calls of methods that nobody registered: all of them share grpc_service="unknown", grpc_method="unknown".
  MethodMetrics& Unknown();

 private:
  std::unique_ptr<MethodMetrics> Make(const std::string& service, const std::string& method, MethodType type);

  Registry* const registry_;
  const Side side_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<MethodMetrics>> methods_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace trellis::metrics

#endif  // TRELLIS_COMMON_METRICS_RPC_METRICS_H_
