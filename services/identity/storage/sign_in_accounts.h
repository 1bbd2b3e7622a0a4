// Table sign_in_account: how often a login name was tried from everywhere but known devices.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_SIGN_IN_ACCOUNTS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_SIGN_IN_ACCOUNTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/session.h"
#include "services/identity/domain/account_rules.h"

namespace trellis::identity::storage {

// `login_key`: 32 bytes. Of a name that was never tried: no tries.
absl::StatusOr<AccountTries> FindTries(db::Session& session, absl::string_view login_key);
// The same, locked until the end of the transaction; makes the row where there is none. `known`: the name is
// somebody's.
absl::StatusOr<AccountTries> LockTries(db::Session& tx, absl::string_view login_key, bool known, absl::Time now);
absl::Status UpdateTries(db::Session& tx, absl::string_view login_key, const AccountTries& tries, absl::Time now);
absl::Status ForgetTries(db::Session& tx, absl::string_view login_key);
// Deletes tries of names that are nobody's and that nobody tried since `before`; at most 1,000.
absl::Status PurgeTries(db::Session& tx, absl::Time before);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_SIGN_IN_ACCOUNTS_H_
