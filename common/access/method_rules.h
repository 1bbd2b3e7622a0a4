// Holds every call to what its RPC declares (trellis.options.v1.method): audience, roles, person.
#ifndef TRELLIS_COMMON_ACCESS_METHOD_RULES_H_
#define TRELLIS_COMMON_ACCESS_METHOD_RULES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/access/access.h"
#include "common/rpc/caller.h"

namespace google::protobuf {
class Message;
}

namespace trellis::access {

// Thread-safe. Deny is the default: what is not declared is not allowed.
class MethodRules final : public rpc::Authorizer {
 public:
  // `access` may be null in a service without persons; it outlives the rules.
  explicit MethodRules(Access* access) : access_(access) {}

  // UNAUTHENTICATED (TOKEN_MISSING): a user's method without a user. PERMISSION_DENIED: ROLE_MISSING (roles are no
  // secret), SERVICE_NOT_ALLOWED. NOT_FOUND: no live relation to the person, the same as for a person who does not
  // exist. INVALID_ARGUMENT: the person's field holds no person's name.
  absl::Status Authorize(rpc::CallContext& call, const google::protobuf::Message& request) override;

 private:
  absl::Status AuthorizeUser(rpc::CallContext& call, const google::protobuf::Message& request);
  absl::Status AuthorizeService(const rpc::CallContext& call) const;

  Access* const access_;
};

// The text in the field that `path` ("assessment.person") names; "" where a message on the way is not set.
// Error: INTERNAL where there is no such field.
absl::StatusOr<std::string> TextAt(const google::protobuf::Message& message, absl::string_view path);

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_METHOD_RULES_H_
