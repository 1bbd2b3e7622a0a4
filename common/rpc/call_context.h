// What a handler knows about the call that it serves.
#ifndef TRELLIS_COMMON_RPC_CALL_CONTEXT_H_
#define TRELLIS_COMMON_RPC_CALL_CONTEXT_H_

#include <atomic>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc/auditor.h"
#include "common/rpc/caller.h"
#include "common/trace/context.h"
#include "trellis/options/v1/options.pb.h"

namespace google::protobuf {
class MethodDescriptor;
}
namespace grpc {
class ServerContextBase;
}

namespace trellis::rpc {

// One per call; belongs to the thread that serves the call.
class CallContext {
 public:
  struct Parts {
    const google::protobuf::MethodDescriptor* method = nullptr;
    const options::v1::MethodPolicy* policy = nullptr;
    absl::Time start_time;
    absl::Time deadline = absl::InfiniteFuture();
    trace::Context trace;
    Caller caller;
    std::string bearer_token;
    const std::atomic<bool>* cancelled = nullptr;        // null: never cancelled
    const grpc::ServerContextBase* transport = nullptr;  // null: not a call from outside
    Peer peer = {};
    AuditNotes audit = {};
  };
  explicit CallContext(Parts parts) : parts_(std::move(parts)) {}
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;

  const Caller& caller() const { return parts_.caller; }
  // Never infinite inside a server: the caller's deadline, capped by the method's. By the machine's clock.
  absl::Time deadline() const { return parts_.deadline; }
  // Where the call came from; for throttling, never for deciding who somebody is.
  const Peer& peer() const { return parts_.peer; }
  absl::Time start_time() const { return parts_.start_time; }
  const trace::Context& trace() const { return parts_.trace; }
  // The token that the caller showed, to be handed on to peers; "" where there was none. A secret.
  const std::string& bearer_token() const { return parts_.bearer_token; }
  const google::protobuf::MethodDescriptor& method() const { return *parts_.method; }
  const options::v1::MethodPolicy& policy() const { return *parts_.policy; }
  // True once nobody waits for the answer any more. Long work looks at it now and then.
  bool cancelled() const { return parts_.cancelled != nullptr && parts_.cancelled->load(std::memory_order_acquire); }
  bool expired() const { return absl::Now() >= parts_.deadline; }

  // Taken over by the record of this call. Request and answer need not be repeated here.
  AuditNotes& audit() { return parts_.audit; }
  const AuditNotes& audit() const { return parts_.audit; }

  // For the pipeline and for calls to peers (channel.h); not for handlers.
  void set_caller(Caller caller) { parts_.caller = std::move(caller); }
  void set_peer(Peer peer) { parts_.peer = std::move(peer); }
  void set_bearer_token(std::string token) { parts_.bearer_token = std::move(token); }
  const grpc::ServerContextBase* transport() const { return parts_.transport; }

 private:
  Parts parts_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_CALL_CONTEXT_H_
