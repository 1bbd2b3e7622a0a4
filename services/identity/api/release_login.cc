#include "services/identity/api/release_login.h"

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "services/identity/api/sign_in_gate.h"
#include "services/identity/domain/account_rules.h"
#include "services/identity/domain/text_forms.h"
#include "services/identity/storage/sign_in_accounts.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {

absl::Status ReleaseLogin(runtime::Runtime& runtime, const std::string& login) {
  const std::string canonical = CanonicalLogin(login);
  TRELLIS_RETURN_IF_ERROR(ValidateLogin(canonical, "login"));
  TRELLIS_RETURN_IF_ERROR(
      runtime.pool().Transact(absl::Now() + absl::Seconds(10), [&](db::Session& tx) -> absl::Status {
        TRELLIS_ASSIGN_OR_RETURN(const auto found, storage::FindCredentials(tx, canonical));
        if (!found.has_value()) {
          return Error(absl::StatusCode::kNotFound, "NOT_FOUND", "The login name is nobody's.");
        }
        return storage::ForgetTries(tx, LoginKey(canonical));
      }));
  log::Info("a login name was released: what others tried is forgotten");
  return absl::OkStatus();
}

}  // namespace trellis::identity
