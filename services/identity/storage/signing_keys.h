// Table signing_key: the keys that access tokens are signed with. Private keys come and go sealed.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_SIGNING_KEYS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_SIGNING_KEYS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/session.h"

namespace trellis::identity::storage {

struct SigningKeyRow {
  int generation = 1;  // 1, 2, 3, ...
  std::string key_id;
  std::string private_key;  // PKCS #8 PEM, sealed
  std::string public_key;   // 32 bytes
  absl::Time create_time;
  absl::Time use_time;                    // signs from then on; published from the beginning
  std::optional<absl::Time> retire_time;  // no longer published from then on
};

// Error: ALREADY_EXISTS (db::IsDuplicateKey) where another replica made this generation.
absl::Status InsertSigningKey(db::Session& tx, const SigningKeyRow& row);
// Those that are not retired at `now`, oldest first; the 16 newest.
absl::StatusOr<std::vector<SigningKeyRow>> LoadSigningKeys(db::Session& session, absl::Time now);
// The newest of all, locked until the end of the transaction.
absl::StatusOr<std::optional<SigningKeyRow>> LockNewestSigningKey(db::Session& tx);
// All keys before `generation` that would be published for longer retire at `retire_time`.
absl::Status RetireSigningKeysBefore(db::Session& tx, int generation, absl::Time retire_time);
// Deletes keys that retired before `before`: what is gone cannot be stolen.
absl::Status PurgeSigningKeys(db::Session& tx, absl::Time before);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_SIGNING_KEYS_H_
