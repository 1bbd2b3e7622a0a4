// Passkeys against the tables: each challenge works once, and for the session that it was given out to.
#ifndef TRELLIS_SERVICES_IDENTITY_API_PASSKEY_PROOFS_H_
#define TRELLIS_SERVICES_IDENTITY_API_PASSKEY_PROOFS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/rpc/caller.h"
#include "common/runtime/runtime.h"
#include "common/runtime/write.h"
#include "common/webauthn/webauthn.h"
#include "services/identity/domain/roles.h"
#include "services/identity/storage/passkeys.h"
#include "trellis/identity/v1/sessions.pb.h"

namespace trellis::identity {

inline constexpr absl::Duration kChallengeLife = absl::Minutes(5);

// FAILED_PRECONDITION PASSKEYS_OFF.
absl::Status RequirePasskeys(const webauthn::RelyingParty& party);

storage::ChallengeKey ChallengeOf(const rpc::Caller& caller, storage::ChallengePurpose purpose);
// The challenge that is open, locked. Error: FAILED_PRECONDITION NOTHING_BEGUN.
absl::StatusOr<std::string> OpenChallenge(runtime::WriteUnit& unit, const storage::ChallengeKey& key);

// Uses challenge and passkey up, where all is right; the caller's session is locked. `copy`: becomes the passkey that
// is refused because its counter went back; that survives no refused transaction, so RecordCopy writes it afterwards.
// Errors: PERMISSION_DENIED PASSKEY_REFUSED, FAILED_PRECONDITION (NOTHING_BEGUN, PASSKEYS_OFF).
absl::Status UsePasskey(runtime::WriteUnit& unit, const webauthn::RelyingParty& party, const rpc::Caller& caller,
                        const v1::PasskeyAssertion& shown, std::optional<Id>& copy);
absl::Status RecordCopy(runtime::Runtime& runtime, const Id& organization, const Id& passkey, absl::Time deadline);

// Whoever has the password and not the device must not get around the device, nor somebody who caught a code around the
// passkey that the organization wants. Error: PERMISSION_DENIED SECOND_FACTOR_REQUIRED where the caller has a passkey
// and no factor was shown within five minutes, or a code where it must be the passkey.
absl::Status RequireFactorOfPasskeyHolder(db::Session& session, const rpc::Caller& caller, absl::Time now);

// Whether the organization wants a passkey from somebody with these roles.
absl::StatusOr<bool> MustHavePasskey(db::Session& session, const Id& organization, const Roles& roles);
// The same by the roles of the caller's row: the token of a session that waits for its passkey has none.
absl::StatusOr<bool> CallerMustHavePasskey(db::Session& session, const rpc::Caller& caller);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PASSKEY_PROOFS_H_
