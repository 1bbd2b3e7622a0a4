#include "services/identity/api/accounts.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/domain/account_rules.h"
#include "services/identity/domain/text_forms.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {

absl::StatusOr<NewAccount> PrepareAccount(const v1::User& user, const Roles& roles, absl::string_view organization,
                                          absl::string_view password, Passwords& passwords, absl::Time deadline,
                                          absl::string_view prefix, absl::string_view password_field) {
  NewAccount account{CanonicalLogin(user.login()), user.display_name(), roles, {}, ""};
  TRELLIS_RETURN_IF_ERROR(ValidateLogin(account.login, absl::StrCat(prefix, "login")));
  TRELLIS_RETURN_IF_ERROR(RequireText(account.display_name, absl::StrCat(prefix, "display_name")));
  if (roles.contains(Role::kServiceAccount)) {
    if (password.empty()) return account;
    return InvalidField(password_field, "must be empty: a service account signs in with keys");
  }
  TRELLIS_RETURN_IF_ERROR(RequireText(password, password_field));
  const PasswordOwner owner{account.login, account.display_name, std::string(organization)};
  TRELLIS_ASSIGN_OR_RETURN(account.password_hash, passwords.Accept(password, owner, password_field, deadline));
  return account;
}

absl::StatusOr<storage::UserRow> CreateAccount(runtime::WriteUnit& unit, const Id& organization,
                                               const NewAccount& account) {
  storage::UserRow row;
  row.organization = organization;
  row.id = unit.NextId();
  row.login = account.login;
  row.display_name = account.display_name;
  row.roles = account.roles;
  row.clearances = account.clearances;
  row.create_time = unit.now;
  row.update_time = unit.now;
  TRELLIS_RETURN_IF_ERROR(storage::InsertUser(unit.db, row, account.password_hash));

  v1::UserCreated event;
  event.set_user(rpc::MakeName(kUsers, row.id));
  for (const Role role : row.roles) event.add_roles(static_cast<options::v1::Role>(role));
  TRELLIS_RETURN_IF_ERROR(unit.PublishFor(organization, event));
  return row;
}

}  // namespace trellis::identity
