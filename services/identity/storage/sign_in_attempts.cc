#include "services/identity/storage/sign_in_attempts.h"

#include <optional>
#include <tuple>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kRestUntil[] = "SELECT rest_until FROM sign_in_attempt WHERE login_key = ? AND source = ?";
// The order of the assignments matters: `failures` looks at `last_time` before it changes.
constexpr char kCount[] =
    "INSERT INTO sign_in_attempt (login_key, source, failures, rest_until, last_time) VALUES (?, ?, 1, ?, ?) "
    "ON DUPLICATE KEY UPDATE failures = IF(last_time < ?, 1, failures + 1), last_time = VALUES(last_time)";
constexpr char kFailures[] = "SELECT failures FROM sign_in_attempt WHERE login_key = ? AND source = ?";
constexpr char kSetRest[] = "UPDATE sign_in_attempt SET rest_until = ? WHERE login_key = ? AND source = ?";
constexpr char kForget[] = "DELETE FROM sign_in_attempt WHERE login_key = ? AND source = ?";
constexpr char kPurge[] = "DELETE FROM sign_in_attempt WHERE last_time < ? ORDER BY last_time LIMIT 1000";

}  // namespace

absl::StatusOr<std::optional<absl::Time>> RestUntil(db::Session& session, const AttemptKey& key) {
  TRELLIS_ASSIGN_OR_RETURN(auto row, session.QueryOne<absl::Time>(kRestUntil, key.login_key, key.source));
  if (!row.has_value()) return std::nullopt;
  return std::get<0>(*row);
}

absl::StatusOr<int> CountFailure(db::Session& tx, const AttemptKey& key, absl::Time now) {
  TRELLIS_RETURN_IF_ERROR(tx.Execute(kCount, key.login_key, key.source, now, now, now - absl::Hours(24)).status());
  TRELLIS_ASSIGN_OR_RETURN(auto row, tx.QueryOne<int>(kFailures, key.login_key, key.source));
  return row.has_value() ? std::get<0>(*row) : 1;
}

absl::Status SetRest(db::Session& tx, const AttemptKey& key, absl::Time rest_until) {
  return tx.Execute(kSetRest, rest_until, key.login_key, key.source).status();
}

absl::Status ForgetFailures(db::Session& tx, const AttemptKey& key) {
  return tx.Execute(kForget, key.login_key, key.source).status();
}

absl::Status PurgeAttempts(db::Session& tx, absl::Time before) { return tx.Execute(kPurge, before).status(); }

}  // namespace trellis::identity::storage
