// Between absl::Status with its typed details and the statuses on the wire (google.rpc.Status).
#ifndef TRELLIS_COMMON_RPC_STATUS_MAPPING_H_
#define TRELLIS_COMMON_RPC_STATUS_MAPPING_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"

namespace trellis::rpc {

// Every error gets exactly one ErrorInfo (its reason derived from the code where it has none), a BadRequest where
// fields are wrong and a RetryInfo where a delay is known. Cut to what fits into a peer's metadata limit.
// `domain`: "trellis.<service>".
grpc::Status ToGrpc(const absl::Status& status, absl::string_view domain);

// See channel.h for FromGrpc, the way back.

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_STATUS_MAPPING_H_
