// The password of somebody who is signed in already, shown once more before a credential changes.
#ifndef TRELLIS_SERVICES_IDENTITY_API_OWN_PASSWORD_H_
#define TRELLIS_SERVICES_IDENTITY_API_OWN_PASSWORD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/passwords.h"
#include "services/identity/api/sign_in_gate.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {

// The caller with their present hash, where `password` is right. Slow, so outside of any transaction: whoever acts on
// it compares the hash once more. Errors: PERMISSION_DENIED PASSWORD_REFUSED (wrong, or tried too often),
// SECOND_FACTOR_REQUIRED (has a passkey and has shown no factor within five minutes), FAILED_PRECONDITION
// SERVICE_ACCOUNT; those of PasswordHasher.
absl::StatusOr<storage::Credentials> ShowOwnPassword(runtime::Runtime& runtime, Passwords& passwords, SignInGate& gate,
                                                     rpc::CallContext& call, absl::string_view password);

absl::Status PasswordRefused();
absl::Status IsServiceAccount();

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_OWN_PASSWORD_H_
