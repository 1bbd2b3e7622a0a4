// Fourth stage: may the caller do this. The rules are the authorizer's; without one nothing but the public is open.
#ifndef TRELLIS_COMMON_RPC_PIPELINE_AUTHORIZATION_H_
#define TRELLIS_COMMON_RPC_PIPELINE_AUTHORIZATION_H_

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/rpc/call_context.h"
#include "common/rpc/caller.h"
#include "google/protobuf/message.h"

namespace trellis::rpc {

inline absl::Status Authorize(Authorizer* authorizer, CallContext& call, const google::protobuf::Message& request) {
  if (authorizer != nullptr) return authorizer->Authorize(call, request);
  if (call.policy().audience() == options::v1::AUDIENCE_PUBLIC) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED", "you may not call this method");
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_AUTHORIZATION_H_
