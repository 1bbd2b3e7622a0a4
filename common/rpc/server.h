// A gRPC server: transport, pipeline and life cycle. The only place that knows how calls reach handlers.
#ifndef TRELLIS_COMMON_RPC_SERVER_H_
#define TRELLIS_COMMON_RPC_SERVER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/auditor.h"
#include "common/rpc/caller.h"
#include "common/rpc/gate.h"
#include "common/rpc/observer.h"
#include "common/rpc/router.h"
#include "common/rpc/tls_files.h"

namespace trellis::rpc {

// What a connection and a call may use. These bind peers that acknowledge the settings of HTTP/2; the edge proxy deals
// with the others.
struct ServerLimits {
  int max_request_bytes = 256 * 1024;  // where a method's policy declares nothing else
  int max_response_bytes = 4 * 1024 * 1024;
  int max_metadata_bytes = 8 * 1024;
  int max_streams_per_connection = 100;
  // What the transport may hold of all connections together: requests in arrival, answers not yet read. Beyond it
  // connections and calls are given up rather than memory taken.
  std::size_t max_transport_bytes = std::size_t{256} << 20;
  absl::Duration handshake_timeout = absl::Seconds(10);
  absl::Duration max_connection_age = absl::Minutes(30);
  absl::Duration max_connection_age_grace = absl::Seconds(30);
  absl::Duration max_connection_idle = absl::Minutes(15);
  absl::Duration keepalive_time = absl::Seconds(60);
  absl::Duration keepalive_timeout = absl::Seconds(20);
  absl::Duration min_ping_interval = absl::Seconds(30);
  absl::Duration first_message_timeout = absl::Seconds(10);  // from the call's headers to its whole request
};

struct ServerOptions {
  std::string service;                         // "identity": errors carry the domain "trellis.identity"
  std::string listen = "127.0.0.1:0";          // port 0: any free one
  std::optional<TlsFiles> tls;                 // required unless `plaintext`
  bool plaintext = false;                      // for tests only
  std::string trust_domain = "trellis.local";  // of the SPIFFE names in client certificates
  // Only services of the suite and the door get as far as HTTP/2. Off: anybody, also without a certificate.
  bool certificate_required = true;
  GateFile gate = {};  // which services may call which methods at all
  bool reflection = false;
  Auditor* auditor = nullptr;  // outlives the server; null: nothing is recorded

  int workers = 8;           // threads that run handlers; as many as database connections
  int max_in_flight = 24;    // running and queued; one more is answered RESOURCE_EXHAUSTED at once
  int waiting_workers = 16;  // the same for methods whose policy says `waits`
  int max_waiting = 32;
  int public_stream_workers = 2;  // for streams that anybody may open, which take a worker as long as they are open
  int max_public_streams = 4;
  int completion_queues = 0;  // 0: one for each two cores
  ServerLimits limits;
};

// Start once, Drain once. The pointers outlive the server; null authenticator or authorizer: only public methods
// can be called.
class Server {
 public:
  Server(ServerOptions options, Router router, Authenticator* authenticator, Authorizer* authorizer,
         std::vector<CallObserver*> observers = {}, const Clock& clock = SystemClock());
  ~Server();  // drains at once where Drain was not called
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens. Errors: FAILED_PRECONDITION naming everything that is wrong with the router, the options or the
  // certificate; UNAVAILABLE where the address is taken. Health stays NOT_SERVING until SetServing(true).
  absl::Status Start();
  int port() const;

  // Whether the port still takes callers: a new connection to it, TLS included. A listener that ran out of descriptors
  // may never accept again while the connections that it has go on working. OK or UNAVAILABLE, by `deadline`.
  // Thread-safe once started.
  absl::Status Probe(absl::Time deadline) const;

  // What grpc.health.v1 answers for "" and for each service. Thread-safe.
  void SetServing(bool serving);

  // Health to NOT_SERVING; `settle` later no new calls; at most `grace` later running calls are cancelled. Returns when
  // every thread has ended.
  void Drain(absl::Duration settle, absl::Duration grace);

  int in_flight() const;  // for metrics

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_SERVER_H_
