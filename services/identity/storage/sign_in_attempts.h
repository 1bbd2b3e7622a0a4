// Table sign_in_attempt: failures in a row of one login name from one source.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_SIGN_IN_ATTEMPTS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_SIGN_IN_ATTEMPTS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/session.h"

namespace trellis::identity::storage {

struct AttemptKey {
  std::string login_key;  // 32 bytes
  std::string source;     // at most 64 bytes
};

// Until when this login name rests for this source; nothing where it has not failed.
absl::StatusOr<std::optional<absl::Time>> RestUntil(db::Session& session, const AttemptKey& key);
// Counts one more failure and returns how many there are in a row. Failures longer ago than a day are forgotten.
absl::StatusOr<int> CountFailure(db::Session& tx, const AttemptKey& key, absl::Time now);
absl::Status SetRest(db::Session& tx, const AttemptKey& key, absl::Time rest_until);
absl::Status ForgetFailures(db::Session& tx, const AttemptKey& key);
// Deletes attempts whose last failure came before `before`; at most 1,000.
absl::Status PurgeAttempts(db::Session& tx, absl::Time before);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_SIGN_IN_ATTEMPTS_H_
