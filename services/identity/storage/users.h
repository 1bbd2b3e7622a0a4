// Table user.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_USERS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_USERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/db/session.h"
#include "services/identity/domain/roles.h"

namespace trellis::identity::storage {

struct UserRow {
  Id organization;
  Id id;
  std::string login;  // canonical
  std::string display_name;
  Roles roles;
  LabelSet clearances;
  bool disabled = false;
  std::int64_t version = 1;
  absl::Time create_time;
  absl::Time update_time;
};

// Error: ALREADY_EXISTS LOGIN_TAKEN.
absl::Status InsertUser(db::Session& tx, const UserRow& row, absl::string_view password_hash);
absl::StatusOr<std::optional<UserRow>> FindUser(db::Session& session, const Id& organization, const Id& id);
// The same, locked until the end of the transaction.
absl::StatusOr<std::optional<UserRow>> LockUser(db::Session& tx, const Id& organization, const Id& id);
// Writes display name, roles, clearances, disabled, version and update time.
absl::Status UpdateUser(db::Session& tx, const UserRow& row);

struct UserFilter {
  std::optional<Role> role;
  bool with_disabled = false;
};
// Behind `after`, in the order of ids.
absl::StatusOr<std::vector<UserRow>> ListUsers(db::Session& session, const Id& organization, const UserFilter& filter,
                                               const Id& after, int limit);

// For signing in, where the organization is not known yet: the login name is unique over all of them.
struct Credentials {
  UserRow user;
  std::string password_hash;
};
absl::StatusOr<std::optional<Credentials>> FindCredentials(db::Session& session, absl::string_view canonical_login);
// The same of a known user.
absl::StatusOr<std::optional<Credentials>> CredentialsOf(db::Session& session, const Id& organization, const Id& id);
// Locked until the end of the transaction.
absl::StatusOr<std::optional<Credentials>> LockCredentials(db::Session& tx, const Id& organization, const Id& id);
absl::Status SetPasswordHash(db::Session& tx, const Id& organization, const Id& id, absl::string_view hash);
// Replaces a hash by a stronger one of the same password; does nothing where the hash is another one by now.
absl::Status ReplacePasswordHash(db::Session& tx, const Id& organization, const Id& id, absl::string_view before,
                                 absl::string_view after);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_USERS_H_
