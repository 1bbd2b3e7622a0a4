#ifndef TRELLIS_SERVICES_IDENTITY_API_USERS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_USERS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/passwords.h"
#include "trellis/identity/v1/users.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Users. Thread-safe.
class UsersApi {
 public:
  UsersApi(runtime::Runtime& runtime, Passwords& passwords) : runtime_(runtime), passwords_(passwords) {}

  absl::StatusOr<v1::CreateUserResponse> CreateUser(rpc::CallContext& call, const v1::CreateUserRequest& request);
  absl::StatusOr<v1::GetUserResponse> GetUser(rpc::CallContext& call, const v1::GetUserRequest& request);
  absl::StatusOr<v1::ListUsersResponse> ListUsers(rpc::CallContext& call, const v1::ListUsersRequest& request);
  absl::StatusOr<v1::UpdateUserResponse> UpdateUser(rpc::CallContext& call, const v1::UpdateUserRequest& request);

 private:
  runtime::Runtime& runtime_;
  Passwords& passwords_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_USERS_API_H_
