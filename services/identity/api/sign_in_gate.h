// How often somebody may try: before a password or a code is looked at, a try has to get through here.
#ifndef TRELLIS_SERVICES_IDENTITY_API_SIGN_IN_GATE_H_
#define TRELLIS_SERVICES_IDENTITY_API_SIGN_IN_GATE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/caller.h"
#include "common/runtime/runtime.h"
#include "services/identity/storage/known_devices.h"
#include "services/identity/storage/sign_in_attempts.h"

namespace trellis::identity {

struct SignInTry {
  storage::AttemptKey attempt;
  bool known = false;                             // the login name is somebody's
  std::optional<storage::DeviceKey> device = {};  // of the user, known from an earlier sign-in
};

std::string LoginKey(absl::string_view canonical_login);
// Of a user who is signed in already and shows a password or a code once more: what others try outside does not count.
SignInTry TryWithin(const rpc::Caller& caller);

// Holds tries to the rules (domain/account_rules.h) in the database, so that they hold over all replicas and outlive a
// crash. A known device is held to its own failures alone. Thread-safe.
class SignInGate {
 public:
  explicit SignInGate(runtime::Runtime& runtime) : runtime_(runtime) {}

  // Whether the try may be looked at. It counts as a failure until TakeBack or Succeeded.
  absl::StatusOr<bool> Enter(const SignInTry& attempt, absl::Time deadline);
  // It got through and was wrong.
  absl::Status Failed(const SignInTry& attempt, absl::Time deadline);
  // It got through and was right, and something else is missing.
  absl::Status TakeBack(const SignInTry& attempt, absl::Time deadline);
  // It got through and was right; in the transaction that acts on it.
  absl::Status Succeeded(db::Session& tx, const SignInTry& attempt);

  // After a change that checks what was shown inside its transaction: `carried_out` (and so Succeeded was called),
  // refused with PERMISSION_DENIED, or neither, which was no try at all: a repetition, a database that did not answer.
  absl::Status Settle(const SignInTry& attempt, bool carried_out, const absl::Status& outcome, absl::Time deadline);

  // Forgets failures and tries of nobody's names after a day, and devices that were not used for long.
  absl::Status ForgetOld(absl::Time deadline);

 private:
  absl::StatusOr<bool> IsResting(const SignInTry& attempt, absl::Time deadline);
  absl::Status FailedOnDevice(const storage::DeviceKey& device, absl::Time deadline);

  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SIGN_IN_GATE_H_
