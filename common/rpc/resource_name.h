// Names of resources on the wire: "persons/0190c5a2-...".
#ifndef TRELLIS_COMMON_RPC_RESOURCE_NAME_H_
#define TRELLIS_COMMON_RPC_RESOURCE_NAME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"

namespace trellis::rpc {

// The id in a name. Error: INVALID_ARGUMENT on `field`, the path of the request's field that holds the name.
absl::StatusOr<Id> ParseName(absl::string_view collection, absl::string_view name, absl::string_view field = "name");
std::string MakeName(absl::string_view collection, const Id& id);

// The id that makes a repeated request recognizable (AIP-155): the caller's, or `otherwise` where it sent none.
// Error: INVALID_ARGUMENT on the field request_id.
absl::StatusOr<Id> RequestIdOr(absl::string_view request_id, const Id& otherwise);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_RESOURCE_NAME_H_
