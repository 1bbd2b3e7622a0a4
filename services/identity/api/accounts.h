// Making user accounts: what CreateOrganization, CreateUser and the bootstrap command have in common.
#ifndef TRELLIS_SERVICES_IDENTITY_API_ACCOUNTS_H_
#define TRELLIS_SERVICES_IDENTITY_API_ACCOUNTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/runtime/write.h"
#include "services/identity/api/passwords.h"
#include "services/identity/domain/roles.h"
#include "services/identity/storage/users.h"
#include "trellis/identity/v1/user.pb.h"

namespace trellis::identity {

// A checked account that does not exist yet.
struct NewAccount {
  std::string login;  // canonical
  std::string display_name;
  Roles roles;
  LabelSet clearances;
  std::string password_hash;  // "": none
};

// Checks login, display name and password and hashes the password: slow, so outside of any transaction.
// `organization`: its display name. A service account has no password. Errors: INVALID_ARGUMENT on `prefix` + "login"
// and "display_name" and on `password_field`; those of Passwords.
absl::StatusOr<NewAccount> PrepareAccount(const v1::User& user, const Roles& roles, absl::string_view organization,
                                          absl::string_view password, Passwords& passwords, absl::Time deadline,
                                          absl::string_view prefix, absl::string_view password_field);

// Writes it into `organization` and publishes UserCreated. Error: ALREADY_EXISTS LOGIN_TAKEN.
absl::StatusOr<storage::UserRow> CreateAccount(runtime::WriteUnit& unit, const Id& organization,
                                               const NewAccount& account);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_ACCOUNTS_H_
