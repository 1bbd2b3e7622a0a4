// The operator's way out for somebody who has lost the passkey that they need.
#ifndef TRELLIS_SERVICES_IDENTITY_API_REMOVE_PASSKEYS_H_
#define TRELLIS_SERVICES_IDENTITY_API_REMOVE_PASSKEYS_H_

#include <string>

#include "absl/status/status.h"
#include "common/runtime/runtime.h"

namespace trellis::identity {

// Removes all passkeys of a user and ends their sessions: for the only administrator of an organization, for whom no
// colleague can do it. Password and codes stay as they are, and where the organization wants a passkey, all that a new
// session is good for is making one. The audit and the log tell of it. Errors: INVALID_ARGUMENT (login), NOT_FOUND
// where it is nobody's.
absl::Status RemovePasskeys(runtime::Runtime& runtime, const std::string& login);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_REMOVE_PASSKEYS_H_
