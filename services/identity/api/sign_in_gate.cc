#include "services/identity/api/sign_in_gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/db/pool.h"
#include "services/identity/domain/account_rules.h"
#include "services/identity/storage/sign_in_accounts.h"

namespace trellis::identity {
namespace {

constexpr absl::Duration kKeepFailures = absl::Hours(24);
constexpr absl::Duration kKeepDevice = absl::Hours(24 * 180);

// What came of a try is written down although the caller's own time is over: a short deadline must not make a guess
// free, nor a slow database a failure.
absl::Time AtLeastFiveSeconds(absl::Time deadline) { return std::max(deadline, absl::Now() + absl::Seconds(5)); }

}  // namespace

std::string LoginKey(absl::string_view canonical_login) { return crypto::Sha256(canonical_login); }

SignInTry TryWithin(const rpc::Caller& caller) {
  // No login name looks like this one.
  return {{LoginKey(absl::StrCat("session/", caller.session.ToString())), "session"}, /*known=*/false};
}

absl::StatusOr<bool> SignInGate::Enter(const SignInTry& attempt, absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(const bool resting, IsResting(attempt, deadline));
  if (resting) return false;
  if (attempt.device.has_value()) return true;
  const absl::Time now = runtime_.clock().Now();
  bool taken = false;
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    const std::string& login_key = attempt.attempt.login_key;
    TRELLIS_ASSIGN_OR_RETURN(AccountTries tries, storage::LockTries(tx, login_key, attempt.known, now));
    taken = TakeTry(tries, now);
    return taken ? storage::UpdateTries(tx, login_key, tries, now) : absl::OkStatus();
  }));
  return taken;
}

// Without a lock: a crowd that is to be kept out must not queue up for one.
absl::StatusOr<bool> SignInGate::IsResting(const SignInTry& attempt, absl::Time deadline) {
  const absl::Time now = runtime_.clock().Now();
  bool resting = false;
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Read(deadline, [&](db::Session& session) -> absl::Status {
    if (attempt.device.has_value()) {
      TRELLIS_ASSIGN_OR_RETURN(const auto device, storage::FindDevice(session, *attempt.device));
      resting = !device.has_value() || now < device->rest_until;
      return absl::OkStatus();
    }
    TRELLIS_ASSIGN_OR_RETURN(const auto rest_until, storage::RestUntil(session, attempt.attempt));
    TRELLIS_ASSIGN_OR_RETURN(AccountTries tries, storage::FindTries(session, attempt.attempt.login_key));
    resting = (rest_until.has_value() && now < *rest_until) || !TakeTry(tries, now);
    return absl::OkStatus();
  }));
  return resting;
}

absl::Status SignInGate::Failed(const SignInTry& attempt, absl::Time deadline) {
  deadline = AtLeastFiveSeconds(deadline);
  if (attempt.device.has_value()) return FailedOnDevice(*attempt.device, deadline);
  const absl::Time now = runtime_.clock().Now();
  return runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const int failures, storage::CountFailure(tx, attempt.attempt, now));
    const absl::Duration rest = RestAfterFailures(failures);
    return rest > absl::ZeroDuration() ? storage::SetRest(tx, attempt.attempt, now + rest) : absl::OkStatus();
  });
}

absl::Status SignInGate::FailedOnDevice(const storage::DeviceKey& device, absl::Time deadline) {
  const absl::Time now = runtime_.clock().Now();
  return runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const int failures, storage::CountDeviceFailure(tx, device));
    // Whoever fails that often is not the user: from now on the device is as strange as any other.
    if (failures >= kMostFailuresInARow) return storage::ForgetDevice(tx, device);
    const absl::Duration rest = RestAfterFailures(failures);
    return rest > absl::ZeroDuration() ? storage::RestDevice(tx, device, now + rest) : absl::OkStatus();
  });
}

absl::Status SignInGate::TakeBack(const SignInTry& attempt, absl::Time deadline) {
  deadline = AtLeastFiveSeconds(deadline);
  if (attempt.device.has_value()) return absl::OkStatus();
  const absl::Time now = runtime_.clock().Now();
  return runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    const std::string& login_key = attempt.attempt.login_key;
    TRELLIS_ASSIGN_OR_RETURN(AccountTries tries, storage::LockTries(tx, login_key, attempt.known, now));
    GiveBack(tries, /*signed_in=*/false);
    return storage::UpdateTries(tx, login_key, tries, now);
  });
}

absl::Status SignInGate::Succeeded(db::Session& tx, const SignInTry& attempt) {
  const absl::Time now = runtime_.clock().Now();
  const std::string& login_key = attempt.attempt.login_key;
  TRELLIS_ASSIGN_OR_RETURN(AccountTries tries, storage::LockTries(tx, login_key, attempt.known, now));
  if (attempt.device.has_value()) {
    TRELLIS_RETURN_IF_ERROR(storage::UseDevice(tx, *attempt.device, now));
    EndRow(tries);
  } else {
    TRELLIS_RETURN_IF_ERROR(storage::ForgetFailures(tx, attempt.attempt));
    GiveBack(tries, /*signed_in=*/true);
  }
  return storage::UpdateTries(tx, login_key, tries, now);
}

absl::Status SignInGate::Settle(const SignInTry& attempt, bool carried_out, const absl::Status& outcome,
                                absl::Time deadline) {
  if (absl::IsPermissionDenied(outcome)) return Failed(attempt, deadline);
  return carried_out && outcome.ok() ? absl::OkStatus() : TakeBack(attempt, deadline);
}

absl::Status SignInGate::ForgetOld(absl::Time deadline) {
  const absl::Time now = runtime_.clock().Now();
  return runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(storage::PurgeAttempts(tx, now - kKeepFailures));
    TRELLIS_RETURN_IF_ERROR(storage::PurgeTries(tx, now - kKeepFailures));
    return storage::PurgeDevices(tx, now - kKeepDevice);
  });
}

}  // namespace trellis::identity
