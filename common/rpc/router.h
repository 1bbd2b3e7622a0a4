// The table of what a server serves: one line for each RPC.
#ifndef TRELLIS_COMMON_RPC_ROUTER_H_
#define TRELLIS_COMMON_RPC_ROUTER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/rpc/message_stream.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::rpc {

// Filled before the server starts, read by many threads afterwards. Handlers outlive the server.
//   router.Unary("trellis.identity.v1.Persons.GetPerson", &persons, &PersonsApi::GetPerson);
// Mistakes are collected and reported together by Check().
class Router {
 public:
  // Calls `respond` once with the response, which later stages may change, or returns an error.
  using Respond = absl::FunctionRef<void(google::protobuf::Message&)>;
  using UnaryHandler = std::function<absl::Status(CallContext&, const google::protobuf::Message&, Respond)>;
  using StreamHandler = std::function<absl::Status(CallContext&, RawStream&)>;
  using PushHandler =
      std::function<absl::Status(CallContext&, const google::protobuf::Message&, std::shared_ptr<PushStream>)>;

  struct Method {
    const google::protobuf::MethodDescriptor* descriptor = nullptr;
    options::v1::MethodPolicy policy;
    const google::protobuf::Message* request_prototype = nullptr;
    UnaryHandler unary;  // exactly one of the three is set
    StreamHandler stream;
    PushHandler push;
    std::string path;  // as the wire names it: "/trellis.identity.v1.Persons/GetPerson"
  };

  // A request, a response.
  template <class Handler, class Owner, class Request, class Response>
  void Unary(absl::string_view full_method, Handler* handler,
             absl::StatusOr<Response> (Owner::*function)(CallContext&, const Request&)) {
    AddUnary(full_method, Request::default_instance(), Response::default_instance(),
             [handler, function](CallContext& call, const google::protobuf::Message& request, Respond respond) {
               absl::StatusOr<Response> response = (handler->*function)(call, static_cast<const Request&>(request));
               if (!response.ok()) return std::move(response).status();
               respond(*response);
               return absl::OkStatus();
             });
  }
  template <class Handler, class Owner, class Request, class Response>
  void Unary(absl::string_view full_method, Handler* handler,
             absl::StatusOr<Response> (Owner::*function)(CallContext&, const Request&) const) {
    AddUnary(full_method, Request::default_instance(), Response::default_instance(),
             [handler, function](CallContext& call, const google::protobuf::Message& request, Respond respond) {
               absl::StatusOr<Response> response = (handler->*function)(call, static_cast<const Request&>(request));
               if (!response.ok()) return std::move(response).status();
               respond(*response);
               return absl::OkStatus();
             });
  }

  // Client, server or bidirectional streaming.
  template <class Handler, class Owner, class Request, class Response>
  void Stream(absl::string_view full_method, Handler* handler,
              absl::Status (Owner::*function)(CallContext&, MessageStream<Request, Response>&)) {
    AddStream(full_method, Request::default_instance(), Response::default_instance(),
              [handler, function](CallContext& call, RawStream& raw) {
                MessageStream<Request, Response> stream(raw);
                return (handler->*function)(call, stream);
              });
  }

  // A request, and answers that are sent when something happens. An error that the handler returns ends the call.
  template <class Handler, class Owner, class Request>
  void Push(absl::string_view full_method, Handler* handler,
            absl::Status (Owner::*function)(CallContext&, const Request&, std::shared_ptr<PushStream>)) {
    AddPush(full_method, Request::default_instance(),
            [handler, function](CallContext& call, const google::protobuf::Message& request,
                                std::shared_ptr<PushStream> stream) {
              return (handler->*function)(call, static_cast<const Request&>(request), std::move(stream));
            });
  }

  // Of the services that the method declares, only these may call it here: for a contract that several servers serve,
  // each to others. A mistake where the method is not here, or does not declare one of them.
  void NarrowServices(absl::string_view full_method, const std::vector<std::string>& services);

  // Everything that keeps the server from starting, one line each: unknown methods, wrong types, a method without
  // declared audience or data class, a method of a served service without a handler. Empty: all is well.
  std::vector<std::string> Check() const;

  // By the name on the wire; null where there is none.
  const Method* Find(absl::string_view path) const;
  // In the order of their names.
  std::vector<const Method*> methods() const;
  std::vector<const google::protobuf::ServiceDescriptor*> services() const;

 private:
  void AddUnary(absl::string_view full_method, const google::protobuf::Message& request,
                const google::protobuf::Message& response, UnaryHandler handler);
  void AddStream(absl::string_view full_method, const google::protobuf::Message& request,
                 const google::protobuf::Message& response, StreamHandler handler);
  void AddPush(absl::string_view full_method, const google::protobuf::Message& request, PushHandler handler);
  // `response` null: any, since the handler does not name its type.
  Method* Add(absl::string_view full_method, const google::protobuf::Message& request,
              const google::protobuf::Message* response);

  absl::flat_hash_map<std::string, std::unique_ptr<Method>> methods_;  // by path
  std::vector<std::string> mistakes_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_ROUTER_H_
