// The first user of an installation: somebody has to be there before anybody can sign in.
#ifndef TRELLIS_SERVICES_IDENTITY_API_BOOTSTRAP_H_
#define TRELLIS_SERVICES_IDENTITY_API_BOOTSTRAP_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/passwords.h"

namespace trellis::identity {

// The organization of those who run the installation. Its id is the same everywhere, so that only one can be made.
Id OperatorOrganization();

// Makes the operator's organization and a platform administrator in it, where they are not there yet. A user who is
// there stays as they are: neither password nor roles change, so that running it again opens nothing.
// Errors: INVALID_ARGUMENT (login, PASSWORD_UNFIT), FAILED_PRECONDITION where the login belongs to a user of another
// organization or to somebody who is no platform administrator.
absl::Status Bootstrap(runtime::Runtime& runtime, Passwords& passwords, const std::string& login,
                       const std::string& password);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_BOOTSTRAP_H_
