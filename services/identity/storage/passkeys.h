// Tables passkey and passkey_challenge.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_PASSKEYS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_PASSKEYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::identity::storage {

struct PasskeyRow {
  Id organization;
  Id id;
  Id user;
  std::string credential_id;
  std::string public_key;
  std::int64_t sign_count = 0;
  std::string display_name;
  absl::Time create_time;
  std::optional<absl::Time> use_time = {};
  std::optional<absl::Time> suspect_time = {};
};

// Error: ALREADY_EXISTS where anybody has this credential id.
absl::Status InsertPasskey(db::Session& tx, const PasskeyRow& row);
// Both locked until the end of the transaction.
absl::StatusOr<std::optional<PasskeyRow>> LockPasskey(db::Session& tx, const Id& organization, const Id& id);
absl::StatusOr<std::optional<PasskeyRow>> LockPasskeyOf(db::Session& tx, const Id& organization, const Id& user,
                                                        absl::string_view credential_id);
// Those of the user behind `after`, in the order of their ids.
absl::StatusOr<std::vector<PasskeyRow>> ListPasskeys(db::Session& session, const Id& organization, const Id& user,
                                                     const Id& after, int limit);
absl::StatusOr<bool> HasPasskey(db::Session& session, const Id& organization, const Id& user);
// Writes sign count, use and suspect time.
absl::Status UpdatePasskey(db::Session& tx, const PasskeyRow& row);
absl::Status DeletePasskey(db::Session& tx, const Id& organization, const Id& id);
absl::Status DeletePasskeysOf(db::Session& tx, const Id& organization, const Id& user);

// What a challenge is for, as a number of the table.
enum class ChallengePurpose : int { kMaking = 1, kShowing = 2 };

struct ChallengeKey {
  Id organization;
  Id user;
  Id session;
  ChallengePurpose purpose;
};

// Takes the place of an earlier one.
absl::Status PutChallenge(db::Session& tx, const ChallengeKey& key, absl::string_view challenge,
                          absl::Time expire_time);
// One that is good at `now`, locked until the end of the transaction.
absl::StatusOr<std::optional<std::string>> LockChallenge(db::Session& tx, const ChallengeKey& key, absl::Time now);
// Uses it up. False where somebody else was quicker.
absl::StatusOr<bool> UseChallenge(db::Session& tx, const ChallengeKey& key, absl::string_view challenge);
// Deletes challenges that ended before `before`; at most 1,000.
absl::Status PurgeChallenges(db::Session& tx, absl::Time before);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_PASSKEYS_H_
