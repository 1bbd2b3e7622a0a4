// The small HTTP server beside the gRPC one: /metrics for Prometheus, /livez and /readyz for Kubernetes.
#ifndef TRELLIS_COMMON_METRICS_HTTP_ENDPOINT_H_
#define TRELLIS_COMMON_METRICS_HTTP_ENDPOINT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct mg_context;
struct mg_connection;

namespace trellis::metrics {

// Answers GET and HEAD on three paths, everything else with 404 or 405. Two threads of its own. Thread-safe.
class HttpEndpoint {
 public:
  struct Options {
    std::string listen;                         // "0.0.0.0:8101", "127.0.0.1:0" (any free port), "[::]:8101"
    std::function<std::string()> metrics = {};  // body of /metrics
    std::function<absl::Status()> live = {};    // /livez: 200 "ok" or 503 with the status's message; empty: always 200
    std::function<absl::Status()> ready = {};   // /readyz likewise
  };

  // Error: INVALID_ARGUMENT (address), UNAVAILABLE (port taken, or not allowed), with the address in the text.
  static absl::StatusOr<std::unique_ptr<HttpEndpoint>> Start(Options options);
  ~HttpEndpoint();  // waits for requests in work
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  int port() const { return port_; }

 private:
  explicit HttpEndpoint(Options options) : options_(std::move(options)) {}
  static int Handle(mg_connection* connection, void* self);

  Options options_;
  mg_context* context_ = nullptr;
  std::string start_error_;
  int port_ = 0;
};

}  // namespace trellis::metrics

#endif  // TRELLIS_COMMON_METRICS_HTTP_ENDPOINT_H_
