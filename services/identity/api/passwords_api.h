#ifndef TRELLIS_SERVICES_IDENTITY_API_PASSWORDS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_PASSWORDS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/passwords.h"
#include "services/identity/api/sign_in_gate.h"
#include "trellis/identity/v1/users.pb.h"

namespace trellis::identity {

// The part of trellis.identity.v1.Users that is about passwords. Thread-safe.
class PasswordsApi {
 public:
  PasswordsApi(runtime::Runtime& runtime, Passwords& passwords, SignInGate& gate)
      : runtime_(runtime), passwords_(passwords), gate_(gate) {}

  absl::StatusOr<v1::ChangePasswordResponse> ChangePassword(rpc::CallContext& call,
                                                            const v1::ChangePasswordRequest& request);
  absl::StatusOr<v1::SetPasswordResponse> SetPassword(rpc::CallContext& call, const v1::SetPasswordRequest& request);

 private:
  runtime::Runtime& runtime_;
  Passwords& passwords_;
  SignInGate& gate_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PASSWORDS_API_H_
