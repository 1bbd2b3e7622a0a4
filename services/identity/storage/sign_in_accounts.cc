#include "services/identity/storage/sign_in_accounts.h"

#include <optional>
#include <tuple>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kFind[] =
    "SELECT failures, hour_start, hour_failures, rest_until FROM sign_in_account WHERE login_key = ?";
constexpr char kLock[] =
    "SELECT failures, hour_start, hour_failures, rest_until FROM sign_in_account WHERE login_key = ? FOR UPDATE";
constexpr char kMake[] =
    "INSERT INTO sign_in_account (login_key, known, failures, hour_start, hour_failures, rest_until, last_time) "
    "VALUES (?, ?, 0, ?, 0, ?, ?) ON DUPLICATE KEY UPDATE known = VALUES(known), last_time = VALUES(last_time)";
constexpr char kUpdate[] =
    "UPDATE sign_in_account SET failures = ?, hour_start = ?, hour_failures = ?, rest_until = ?, last_time = ? "
    "WHERE login_key = ?";
constexpr char kForget[] = "DELETE FROM sign_in_account WHERE login_key = ?";
constexpr char kPurge[] = "DELETE FROM sign_in_account WHERE known = 0 AND last_time < ? ORDER BY last_time LIMIT 1000";

absl::StatusOr<AccountTries> Read(db::Session& session, absl::string_view sql, absl::string_view login_key) {
  TRELLIS_ASSIGN_OR_RETURN(const auto row, (session.QueryOne<int, absl::Time, int, absl::Time>(sql, login_key)));
  if (!row.has_value()) return AccountTries();
  const auto& [failures, hour_start, hour_failures, rest_until] = *row;
  return AccountTries{failures, hour_start, hour_failures, rest_until};
}

}  // namespace

absl::StatusOr<AccountTries> FindTries(db::Session& session, absl::string_view login_key) {
  return Read(session, kFind, login_key);
}

absl::StatusOr<AccountTries> LockTries(db::Session& tx, absl::string_view login_key, bool known, absl::Time now) {
  const AccountTries none;
  TRELLIS_RETURN_IF_ERROR(tx.Execute(kMake, login_key, known, none.hour_start, none.rest_until, now).status());
  return Read(tx, kLock, login_key);
}

absl::Status UpdateTries(db::Session& tx, absl::string_view login_key, const AccountTries& tries, absl::Time now) {
  return tx.Execute(kUpdate, tries.failures, tries.hour_start, tries.hour_failures, tries.rest_until, now, login_key)
      .status();
}

absl::Status ForgetTries(db::Session& tx, absl::string_view login_key) {
  return tx.Execute(kForget, login_key).status();
}

absl::Status PurgeTries(db::Session& tx, absl::Time before) { return tx.Execute(kPurge, before).status(); }

}  // namespace trellis::identity::storage
