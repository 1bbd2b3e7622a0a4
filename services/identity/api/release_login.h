// The operator's way out for somebody who is kept out by what others tried.
#ifndef TRELLIS_SERVICES_IDENTITY_API_RELEASE_LOGIN_H_
#define TRELLIS_SERVICES_IDENTITY_API_RELEASE_LOGIN_H_

#include <string>

#include "absl/status/status.h"
#include "common/runtime/runtime.h"

namespace trellis::identity {

// Forgets the failures of a login name from everywhere, so that its next try is looked at: for the only administrator
// of an organization, to whom no colleague can give a new password. Changes no password and opens no session; the log
// tells of it. Errors: INVALID_ARGUMENT (login), NOT_FOUND where it is nobody's.
absl::Status ReleaseLogin(runtime::Runtime& runtime, const std::string& login);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_RELEASE_LOGIN_H_
