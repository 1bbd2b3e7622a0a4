#include "services/identity/api/remove_passkeys.h"

#include <optional>

#include "absl/time/clock.h"
#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/domain/account_rules.h"
#include "services/identity/domain/text_forms.h"
#include "services/identity/storage/passkeys.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {
namespace {

absl::Status NobodysLogin() { return Error(absl::StatusCode::kNotFound, "NOT_FOUND", "The login name is nobody's."); }

}  // namespace

absl::Status RemovePasskeys(runtime::Runtime& runtime, const std::string& login) {
  const std::string canonical = CanonicalLogin(login);
  TRELLIS_RETURN_IF_ERROR(ValidateLogin(canonical, "login"));
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  std::optional<storage::Credentials> found;
  TRELLIS_RETURN_IF_ERROR(runtime.pool().Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found, storage::FindCredentials(session, canonical));
    return absl::OkStatus();
  }));
  if (!found.has_value()) return NobodysLogin();
  runtime::BackgroundWork work;
  work.organization = found->user.organization;
  work.purpose = "identity.remove_passkeys";
  work.deadline = deadline;
  Ended ended;
  TRELLIS_RETURN_IF_ERROR(runtime.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
    const Id& user = found->user.id;
    TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::LockUser(unit.db, unit.organization, user));
    if (!row.has_value()) return NobodysLogin();
    TRELLIS_RETURN_IF_ERROR(storage::DeletePasskeysOf(unit.db, unit.organization, user));
    TRELLIS_ASSIGN_OR_RETURN(ended, EndAllSessions(unit, user, EndReason::kCredentialChanged));
    return absl::OkStatus();
  }));
  runtime.sessions().Remember(ended.revocations);
  log::Info("the passkeys of a user were removed and all their sessions ended");
  return absl::OkStatus();
}

}  // namespace trellis::identity
