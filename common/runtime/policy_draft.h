// The outer gate's policy (common/rpc/gate.h) that the contract amounts to, for an operator to look at, narrow and
// mount.
#ifndef TRELLIS_COMMON_RUNTIME_POLICY_DRAFT_H_
#define TRELLIS_COMMON_RUNTIME_POLICY_DRAFT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/runtime/service.h"

namespace trellis::runtime {

// A gRPC authorization policy in JSON: what is public for every certificate of the suite, what is for users through the
// door, and for each other service what it may call or pass on.
std::string DraftAuthorizationPolicy(const Service& service, absl::string_view trust_domain);

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_POLICY_DRAFT_H_
