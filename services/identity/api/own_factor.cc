#include "services/identity/api/own_factor.h"

#include "common/access/method_rules.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "services/identity/api/passkey_proofs.h"
#include "services/identity/storage/second_factors.h"

namespace trellis::identity {

absl::Status RequireFreshFactor(const rpc::Caller& caller, absl::Time now) {
  if (access::HasFreshFactor(caller, now)) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "SECOND_FACTOR_REQUIRED",
               "Show a second factor first (Sessions.StepUp).");
}

absl::Status RequireOwnFactor(runtime::WriteUnit& unit, const rpc::Caller& caller) {
  TRELLIS_ASSIGN_OR_RETURN(const auto factor, storage::FindSecondFactor(unit.db, unit.organization, caller.user));
  if (factor.has_value() && factor->active()) TRELLIS_RETURN_IF_ERROR(RequireFreshFactor(caller, unit.now));
  return RequireFactorOfPasskeyHolder(unit.db, caller, unit.now);
}

}  // namespace trellis::identity
