// Table second_factor. The seeds come and go sealed.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_SECOND_FACTORS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_SECOND_FACTORS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::identity::storage {

struct SecondFactorRow {
  Id organization;
  Id user;
  std::optional<std::string> seed = {};  // in force
  std::int64_t last_step = 0;            // whose code was used last
  std::optional<absl::Time> confirm_time = {};
  std::optional<std::string> next_seed = {};  // begun and not confirmed yet
  std::optional<absl::Time> next_time = {};   // when it was begun

  bool active() const { return seed.has_value(); }
};

absl::StatusOr<std::optional<SecondFactorRow>> FindSecondFactor(db::Session& session, const Id& organization,
                                                                const Id& user);
// The same, locked until the end of the transaction.
absl::StatusOr<std::optional<SecondFactorRow>> LockSecondFactor(db::Session& tx, const Id& organization,
                                                                const Id& user);
// Makes the row or replaces it.
absl::Status PutSecondFactor(db::Session& tx, const SecondFactorRow& row);
absl::Status DeleteSecondFactor(db::Session& tx, const Id& organization, const Id& user);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_SECOND_FACTORS_H_
