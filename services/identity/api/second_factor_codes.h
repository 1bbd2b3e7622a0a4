// One-time codes against the table: seeds are sealed on their way in, and each code works once.
#ifndef TRELLIS_SERVICES_IDENTITY_API_SECOND_FACTOR_CODES_H_
#define TRELLIS_SERVICES_IDENTITY_API_SECOND_FACTOR_CODES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/session.h"
#include "common/seal/sealer.h"
#include "services/identity/storage/second_factors.h"

namespace trellis::identity {

// The two places of a row that hold a seed.
enum class SeedPlace { kInForce, kNext };

absl::StatusOr<std::string> SealSeed(seal::Sealer& sealer, db::Session& tx, const storage::SecondFactorRow& row,
                                     SeedPlace place, absl::string_view seed);
// Of a seed that is there.
absl::StatusOr<std::string> OpenSeed(seal::Sealer& sealer, db::Session& session, const storage::SecondFactorRow& row,
                                     SeedPlace place);

// Whether `code` is right and was not used yet; then it is used from now on. `row`: locked, active.
absl::StatusOr<bool> UseCode(seal::Sealer& sealer, db::Session& tx, storage::SecondFactorRow row,
                             absl::string_view code, absl::Time now);

// PERMISSION_DENIED CODE_REFUSED.
absl::Status CodeRefused();

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SECOND_FACTOR_CODES_H_
