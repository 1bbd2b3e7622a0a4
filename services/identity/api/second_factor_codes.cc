#include "services/identity/api/second_factor_codes.h"

#include <optional>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/totp.h"

namespace trellis::identity {
namespace {

seal::Place PlaceOf(const storage::SecondFactorRow& row, SeedPlace place) {
  return {.owner = {row.organization},
          .table = "second_factor",
          .column = place == SeedPlace::kInForce ? "seed" : "next_seed",
          .row = row.user.bytes()};
}

}  // namespace

absl::StatusOr<std::string> SealSeed(seal::Sealer& sealer, db::Session& tx, const storage::SecondFactorRow& row,
                                     SeedPlace place, absl::string_view seed) {
  return sealer.Seal(tx, PlaceOf(row, place), seed);
}

absl::StatusOr<std::string> OpenSeed(seal::Sealer& sealer, db::Session& session, const storage::SecondFactorRow& row,
                                     SeedPlace place) {
  const std::optional<std::string>& sealed = place == SeedPlace::kInForce ? row.seed : row.next_seed;
  return sealer.Open(session, PlaceOf(row, place), sealed.value_or(""));
}

absl::StatusOr<bool> UseCode(seal::Sealer& sealer, db::Session& tx, storage::SecondFactorRow row,
                             absl::string_view code, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const std::string seed, OpenSeed(sealer, tx, row, SeedPlace::kInForce));
  const std::optional<std::int64_t> step = crypto::MatchTotp(seed, code, now, row.last_step);
  if (!step.has_value()) return false;
  row.last_step = *step;
  TRELLIS_RETURN_IF_ERROR(storage::PutSecondFactor(tx, row));
  return true;
}

absl::Status CodeRefused() {
  return Error(absl::StatusCode::kPermissionDenied, "CODE_REFUSED", "The code is wrong or was used before.");
}

}  // namespace trellis::identity
