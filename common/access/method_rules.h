// Holds every call to what its RPC declares (trellis.options.v1.method): audience, services, roles, session, factor,
// person.
#ifndef TRELLIS_COMMON_ACCESS_METHOD_RULES_H_
#define TRELLIS_COMMON_ACCESS_METHOD_RULES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/access/access.h"
#include "common/access/session_guard.h"
#include "common/base/clock.h"
#include "common/rpc/caller.h"

namespace google::protobuf {
class Message;
}

namespace trellis::access {

// How long ago a second factor may have been shown where a method wants a fresh one.
inline constexpr absl::Duration kFreshFactor = absl::Minutes(5);
// Whether the caller has shown one since then. A token keeps the time of its session's last full proof, so it must be
// as fresh as the factor that it tells of.
bool HasFreshFactor(const rpc::Caller& caller, absl::Time now);

// Thread-safe. Deny is the default: what is not declared is not allowed.
class MethodRules final : public rpc::Authorizer {
 public:
  // `access` may be null in a service without persons, `sessions` in a test that is not about them. The pointers
  // outlive the rules.
  MethodRules(Access* access, const Clock* clock, SessionGuard* sessions = nullptr)
      : access_(access), clock_(clock), sessions_(sessions) {}

  // UNAUTHENTICATED (TOKEN_MISSING): a user's method without a user; (SESSION_ENDED): the session is over, also of a
  // user on whose behalf a service calls.
  // PERMISSION_DENIED: ROLE_MISSING (roles are no secret), SECOND_FACTOR_REQUIRED, SERVICE_NOT_ALLOWED (a service that
  // may neither call this method nor pass a user's call on to it). NOT_FOUND: no
  // live relation to the person, the same as for a person who does not exist. INVALID_ARGUMENT: the person's field
  // holds no person's name.
  absl::Status Authorize(rpc::CallContext& call, const google::protobuf::Message& request) override;

 private:
  absl::Status CheckSession(rpc::CallContext& call) const;
  absl::Status AuthorizeUser(rpc::CallContext& call, const google::protobuf::Message& request);
  absl::Status AuthorizeService(const rpc::CallContext& call) const;
  absl::Status RequireFreshFactor(const rpc::CallContext& call) const;

  Access* const access_;
  const Clock* const clock_;
  SessionGuard* const sessions_;
};

// The text in the field that `path` ("assessment.person") names; "" where a message on the way is not set.
// Error: INTERNAL where there is no such field.
absl::StatusOr<std::string> TextAt(const google::protobuf::Message& message, absl::string_view path);

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_METHOD_RULES_H_
