// Calls to the other services of the suite.
#ifndef TRELLIS_COMMON_RPC_CHANNEL_H_
#define TRELLIS_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call_context.h"
#include "common/rpc/observer.h"
#include "common/rpc/tls_files.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"

namespace trellis::rpc {

class TlsMaterial;

struct ChannelOptions {
  std::string target;           // "dns:///identity-headless:7101"; calls go to all addresses in turn
  std::optional<TlsFiles> tls;  // required unless `plaintext`; without certificate and key: only the server shows one
  bool plaintext = false;       // for tests only
  std::string server_name;      // the name that the server's certificate must carry; "": the target's host
  // The service of the suite that must be at the other end: its certificate names it, and nothing else, in the trust
  // domain. "": whoever has the name of the host.
  std::string service = {};
  std::string trust_domain = "trellis.local";
  // The target is the door, behind which are all services: it has no health of its own to watch.
  bool through_door = false;
  // Proto packages that are called ("trellis.identity.v1"): their descriptors say what may be retried and how long a
  // call may take.
  std::vector<std::string> packages;
  absl::Duration default_deadline = absl::Seconds(10);
  ClientObserver* observer = nullptr;
};

// One for each peer, shared by all threads. Connects when first used and again whenever needed.
class PeerChannel {
 public:
  // Errors: FAILED_PRECONDITION where the certificate cannot be used. The peer need not be there.
  static absl::StatusOr<std::unique_ptr<PeerChannel>> Connect(ChannelOptions options);
  ~PeerChannel();

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  PeerChannel();
  std::shared_ptr<TlsMaterial> tls_;
  std::shared_ptr<grpc::Channel> channel_;
};

// For a call made on behalf of `call`: its user's token, its trace, its cancellation, and a deadline a little earlier
// than its own, so that there is time to answer. `call` outlives the use of the context.
std::unique_ptr<grpc::ClientContext> OnBehalfOf(const CallContext& call,
                                                absl::Duration limit = absl::InfiniteDuration());
// For a call in the service's own name: it is known by its certificate.
std::unique_ptr<grpc::ClientContext> AsService(absl::Time deadline);

// A peer's answer as a status of our own: reason, metadata, wrong fields and retry delay survive. Text that the
// transport made up (addresses, ...) is kept out of the message.
absl::Status FromGrpc(const grpc::Status& status);

// The service config that PeerChannel uses, as JSON.
std::string ServiceConfigFor(const std::vector<std::string>& packages, absl::Duration default_deadline);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_CHANNEL_H_
