// What metrics and logs learn about calls. The implementations live elsewhere; this is all that they need.
#ifndef TRELLIS_COMMON_RPC_OBSERVER_H_
#define TRELLIS_COMMON_RPC_OBSERVER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/caller.h"
#include "common/trace/context.h"
#include "google/protobuf/descriptor.h"

namespace trellis::rpc {

// How one call on this server ended.
struct CallOutcome {
  const google::protobuf::MethodDescriptor* method = nullptr;  // null: a method that this server does not have
  absl::StatusCode code = absl::StatusCode::kOk;               // what the caller got
  // OK or the error as it arose, before masking: may hold SQL and paths. For the log, never for a caller.
  absl::Status status;
  absl::Duration duration;
  int received = 0;  // messages
  int sent = 0;
  const Caller* caller = nullptr;  // null where the call ended before the caller was known
  const trace::Context* trace = nullptr;
};

// Called on the threads that serve calls: must be fast and never block. Thread-safe.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // Once for each method, before the first call.
  virtual void OnRegister(const google::protobuf::MethodDescriptor& method) = 0;
  // null: a method that this server does not have.
  virtual void OnStart(const google::protobuf::MethodDescriptor* method) = 0;
  virtual void OnFinish(const CallOutcome& outcome) = 0;
};

// How one call to a peer ended.
struct ClientOutcome {
  absl::string_view service;  // "trellis.identity.v1.Persons"
  absl::string_view method;   // "GetPerson"
  absl::string_view type;     // "unary", "client_stream", "server_stream" or "bidi_stream"
  absl::StatusCode code = absl::StatusCode::kOk;
  absl::Duration duration;
  int received = 0;
  int sent = 0;
};

// As CallObserver, for calls to peers.
class ClientObserver {
 public:
  virtual ~ClientObserver() = default;
  // Once for each method of the packages that the channel was made for.
  virtual void OnRegister(const google::protobuf::MethodDescriptor& method) = 0;
  virtual void OnStart(absl::string_view service, absl::string_view method, absl::string_view type) = 0;
  virtual void OnFinish(const ClientOutcome& outcome) = 0;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_OBSERVER_H_
