// One call to a service below, for the caller of a call that is being served.
#ifndef TRELLIS_COMMON_RPC_PEER_CALL_H_
#define TRELLIS_COMMON_RPC_PEER_CALL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "grpcpp/grpcpp.h"

namespace trellis::rpc {

// A peer's error as our own. A peer that cannot be reached or does not answer in time is named: UNAVAILABLE
// PEER_UNAVAILABLE with the metadata `service`.
inline absl::Status FromPeer(absl::string_view service, const grpc::Status& status) {
  const bool silent = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  if (!silent) return FromGrpc(status);
  return Error(absl::StatusCode::kUnavailable, "PEER_UNAVAILABLE",
               absl::StrCat("the service ", service, ", which this call needs, does not answer"))
      .With("service", service)
      .RetryAfter(absl::Seconds(1));
}

//   CallPeer(call, "identity", channel, &identity::v1::Persons::Stub::GetPerson, request)
template <class Stub, class Request, class Response>
absl::StatusOr<Response> CallPeer(const CallContext& call, absl::string_view service,
                                  const std::shared_ptr<grpc::Channel>& channel,
                                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                  const Request& request) {
  const std::unique_ptr<grpc::ClientContext> context = OnBehalfOf(call);
  Stub stub(channel);
  Response response;
  const grpc::Status status = (stub.*method)(context.get(), request, &response);
  if (!status.ok()) return FromPeer(service, status);
  return response;
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PEER_CALL_H_
