#include "services/identity/api/passkey_proofs.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/own_factor.h"
#include "services/identity/api/session_tokens.h"
#include "services/identity/domain/session_rules.h"
#include "services/identity/storage/organizations.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {

absl::Status RequirePasskeys(const webauthn::RelyingParty& party) {
  if (party.enabled()) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "PASSKEYS_OFF",
               "This installation has no passkeys: its operator sets --passkey-rp-id and --passkey-origins first.");
}

storage::ChallengeKey ChallengeOf(const rpc::Caller& caller, storage::ChallengePurpose purpose) {
  return {caller.organization, caller.user, caller.session, purpose};
}

absl::StatusOr<std::string> OpenChallenge(runtime::WriteUnit& unit, const storage::ChallengeKey& key) {
  TRELLIS_ASSIGN_OR_RETURN(auto challenge, storage::LockChallenge(unit.db, key, unit.now));
  if (challenge.has_value()) return *std::move(challenge);
  return Error(absl::StatusCode::kFailedPrecondition, "NOTHING_BEGUN",
               "No challenge is open: begin once more, and finish within five minutes.");
}

absl::Status UsePasskey(runtime::WriteUnit& unit, const webauthn::RelyingParty& party, const rpc::Caller& caller,
                        const v1::PasskeyAssertion& shown, std::optional<Id>& copy) {
  TRELLIS_RETURN_IF_ERROR(RequirePasskeys(party));
  const storage::ChallengeKey key = ChallengeOf(caller, storage::ChallengePurpose::kShowing);
  TRELLIS_ASSIGN_OR_RETURN(const std::string challenge, OpenChallenge(unit, key));
  TRELLIS_ASSIGN_OR_RETURN(auto passkey,
                           storage::LockPasskeyOf(unit.db, unit.organization, caller.user, shown.credential_id()));
  if (!passkey.has_value()) return webauthn::PasskeyRefused("it is none of the user's");
  TRELLIS_ASSIGN_OR_RETURN(
      const std::uint32_t count,
      webauthn::CheckAssertion(party, challenge, passkey->public_key,
                               {shown.client_data_json(), shown.authenticator_data(), shown.signature()}));
  if (webauthn::CountWentBack(static_cast<std::uint32_t>(passkey->sign_count), count)) {
    copy = passkey->id;
    return webauthn::PasskeyRefused("its counter went back, so there may be a copy of it");
  }
  TRELLIS_ASSIGN_OR_RETURN(const bool used, storage::UseChallenge(unit.db, key, challenge));
  if (!used) return webauthn::PasskeyRefused("the challenge was used before");
  passkey->sign_count = count;
  passkey->use_time = unit.now;
  return storage::UpdatePasskey(unit.db, *passkey);
}

absl::Status RecordCopy(runtime::Runtime& runtime, const Id& organization, const Id& passkey, absl::Time deadline) {
  log::Warning("the counter of a passkey went back: there may be a copy of it",
               {{"passkey", rpc::MakeName(kPasskeys, passkey)}});
  runtime::BackgroundWork work;
  work.organization = organization;
  work.purpose = "identity.suspect_passkey";
  // Whoever holds the copy chooses the call's deadline, and must not leave it too little.
  work.deadline = std::max(deadline, absl::Now() + absl::Seconds(5));
  return runtime.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(auto row, storage::LockPasskey(unit.db, unit.organization, passkey));
    if (!row.has_value()) return absl::OkStatus();
    row->suspect_time = unit.now;
    return storage::UpdatePasskey(unit.db, *row);
  });
}

absl::Status RequireFactorOfPasskeyHolder(db::Session& session, const rpc::Caller& caller, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const bool holder, storage::HasPasskey(session, caller.organization, caller.user));
  if (!holder) return absl::OkStatus();
  TRELLIS_RETURN_IF_ERROR(RequireFreshFactor(caller, now));
  TRELLIS_ASSIGN_OR_RETURN(const bool wanted, CallerMustHavePasskey(session, caller));
  const bool shown = std::find(caller.methods.begin(), caller.methods.end(), kPasskeyMethod) != caller.methods.end();
  if (!wanted || shown) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "SECOND_FACTOR_REQUIRED",
               "Show your passkey first (Sessions.StepUp): your organization takes no code in its place.");
}

absl::StatusOr<bool> MustHavePasskey(db::Session& session, const Id& organization, const Roles& roles) {
  if (!AnswersForOthers(roles)) return false;
  TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::FindOrganization(session, organization));
  return row.has_value() && row->passkey_required_for_administrators;
}

absl::StatusOr<bool> CallerMustHavePasskey(db::Session& session, const rpc::Caller& caller) {
  TRELLIS_ASSIGN_OR_RETURN(const auto user, storage::FindUser(session, caller.organization, caller.user));
  if (!user.has_value()) return SessionEnded();
  return MustHavePasskey(session, caller.organization, user->roles);
}

}  // namespace trellis::identity
