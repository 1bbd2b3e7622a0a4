// What every service runs on: the parts that handlers are given (database, peers, access, clock, ids), and the two
// doors through which they reach the database, Read and Write.
#ifndef TRELLIS_COMMON_RUNTIME_RUNTIME_H_
#define TRELLIS_COMMON_RUNTIME_RUNTIME_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/runtime/service.h"
#include "common/runtime/write.h"

namespace google::protobuf {
class Message;
}
namespace grpc {
class Channel;
}
namespace trellis::access {
class Access;
class SessionGuard;
struct VerificationKey;
}  // namespace trellis::access
namespace trellis::db {
class Pool;
class Session;
}  // namespace trellis::db
namespace trellis::events::v1 {
class Event;
}
namespace trellis::metrics {
class Registry;
}
namespace trellis::rpc {
class CallContext;
class Router;
}  // namespace trellis::rpc
namespace trellis::seal {
class Sealer;
}

namespace trellis::runtime {

// Work that no call asked for: a timer, an effect of an event.
struct BackgroundWork {
  Id organization;      // the tenant that is written for; nil for none
  std::string purpose;  // "directory.expire_holds"; stands in place of the method
  Id operation;         // makes repeating harmless: the same operation is done once. nil: a new one each time
  absl::Time deadline;
};

// Thread-safe once `build` has returned; the setting-up part (Make, Follow, Every) belongs into `build`.
class Runtime {
 public:
  virtual ~Runtime() = default;

  // --- parts -------------------------------------------------------------------------------------------------------
  virtual const Clock& clock() = 0;
  virtual RandomSource& random() = 0;
  virtual IdGenerator& ids() = 0;
  virtual db::Pool& pool() = 0;
  virtual rpc::Router& router() = 0;
  virtual access::Access& access() = 0;
  virtual access::SessionGuard& sessions() = 0;
  virtual metrics::Registry& metrics() = 0;
  // What personal content goes through on its way into the tables and back.
  virtual seal::Sealer& seal() = 0;
  // One of Service::peers. The channel connects when first used; the peer need not be up. Calls made for a caller use
  // rpc::OnBehalfOf(call), others rpc::AsService(deadline).
  virtual std::shared_ptr<grpc::Channel> Peer(absl::string_view service) = 0;
  // The settings that tokens are issued and accepted with.
  virtual const std::string& issuer() = 0;
  virtual const std::string& audience() = 0;

  // --- setting up --------------------------------------------------------------------------------------------------
  // Makes a part that lives as long as the runtime.
  template <class Part, class... Args>
  Part* Make(Args&&... args) {
    auto part = std::make_shared<Part>(std::forward<Args>(args)...);
    Part* const raw = part.get();
    Keep(std::move(part));
    return raw;
  }
  // Called once for each feed at most; identity's relations and ended sessions are followed besides, by every service.
  // Applies each event of a peer's feed exactly once, in order: the handler's changes and the position commit
  // together. An error is repeated for ever (with growing waits): return OK for events that do not concern you.
  using EventHandler = std::function<absl::Status(db::Session& tx, const events::v1::Event& event)>;
  virtual void Follow(absl::string_view peer, EventHandler handler) = 0;
  // Where the keys of access tokens come from. Only identity says so, being the source; the others ask identity.
  using FetchKeys = std::function<absl::StatusOr<std::vector<access::VerificationKey>>()>;
  virtual void UseKeys(FetchKeys fetch) = 0;
  // Calls `work` again and again while the service runs, on a thread shared by all such work; every replica does it,
  // so the work must bear company. Errors are logged.
  virtual void Every(absl::string_view name, absl::Duration interval,
                     std::function<absl::Status(absl::Time deadline)> work) = 0;

  // --- the database ------------------------------------------------------------------------------------------------
  // Reads on one connection, without a transaction, within the call's deadline.
  absl::Status Read(rpc::CallContext& call, absl::FunctionRef<absl::Status(db::Session&)> body);

  // Every change of state goes through here: one transaction = idempotency record + change + events + audit record.
  // - The audit record of the call is written with it.
  // - A request that was done before (same caller, method and request_id) gets the stored response; `change` does not
  //   run. The same request_id with another request: FAILED_PRECONDITION, REQUEST_ID_REUSED.
  // - `change` may run several times (deadlocks): it has no effects outside `unit`, and assigns, never appends, what it
  //   captured. Its error rolls everything back and is returned as it is.
  // - The response is stored for repetitions: it must hold no secret.
  //     return runtime_.Write<v1::CreateUserResponse>(call, request,
  //         [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::CreateUserResponse> { ... });
  template <class Response, class Request>
  absl::StatusOr<Response> Write(rpc::CallContext& call, const Request& request,
                                 absl::FunctionRef<absl::StatusOr<Response>(WriteUnit&)> change) {
    Response response;
    TRELLIS_RETURN_IF_ERROR(WriteCall(call, request, response, [&](WriteUnit& unit) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(response, change(unit));
      return absl::OkStatus();
    }));
    return response;
  }

  // The same for work that no call asked for.
  absl::Status WriteAs(const BackgroundWork& work, absl::FunctionRef<absl::Status(WriteUnit&)> change);

  // A unit over a transaction that is already open: for event handlers that write and publish.
  WriteUnit UnitIn(db::Session& tx, const Id& organization);

 protected:
  // Wakes the sequencer, so that followers see the events of a commit at once.
  virtual void EventsCommitted() = 0;
  // Before content is written: waits until this service knows every relation that identity had ended by now.
  virtual absl::Status AwaitRelations(const rpc::CallContext& call) = 0;
  // Write the audit record of a change into its transaction.
  virtual absl::Status RecordChange(db::Session& tx, const rpc::CallContext& call,
                                    const google::protobuf::Message& request, const google::protobuf::Message& response,
                                    bool repeated) = 0;
  virtual absl::Status RecordWork(db::Session& tx, const BackgroundWork& work) = 0;
  virtual void Keep(std::shared_ptr<void> part) = 0;

 private:
  absl::Status WriteCall(rpc::CallContext& call, const google::protobuf::Message& request,
                         google::protobuf::Message& response, absl::FunctionRef<absl::Status(WriteUnit&)> change);
};

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_RUNTIME_H_
