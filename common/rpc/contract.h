// What the linked contracts hold.
#ifndef TRELLIS_COMMON_RPC_CONTRACT_H_
#define TRELLIS_COMMON_RPC_CONTRACT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace trellis::rpc {

// All methods of all services in these proto packages ("trellis.identity.v1"), as far as they are linked.
std::vector<const google::protobuf::MethodDescriptor*> MethodsOf(const std::vector<std::string>& packages);

// As the wire names it: "/trellis.identity.v1.Persons/GetPerson".
std::string PathOf(const google::protobuf::MethodDescriptor& method);

// "unary", "client_stream", "server_stream" or "bidi_stream".
absl::string_view TypeOf(const google::protobuf::MethodDescriptor& method);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_CONTRACT_H_
