#include "services/identity/storage/second_factors.h"

#include <tuple>
#include <utility>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kFind[] =
    "SELECT seed, last_step, confirm_time, next_seed, next_time FROM second_factor "
    "WHERE organization_id = ? AND user_id = ?";
constexpr char kLock[] =
    "SELECT seed, last_step, confirm_time, next_seed, next_time FROM second_factor "
    "WHERE organization_id = ? AND user_id = ? FOR UPDATE";
constexpr char kPut[] =
    "INSERT INTO second_factor (organization_id, user_id, seed, last_step, confirm_time, next_seed, next_time) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE seed = VALUES(seed), last_step = VALUES(last_step), "
    "confirm_time = VALUES(confirm_time), next_seed = VALUES(next_seed), next_time = VALUES(next_time)";
constexpr char kDelete[] = "DELETE FROM second_factor WHERE organization_id = ? AND user_id = ?";

absl::StatusOr<std::optional<SecondFactorRow>> Read(db::Session& session, absl::string_view sql, const Id& organization,
                                                    const Id& user) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found, (session.QueryOne<std::optional<std::string>, std::int64_t, std::optional<absl::Time>,
                                    std::optional<std::string>, std::optional<absl::Time>>(sql, organization, user)));
  if (!found.has_value()) return std::nullopt;
  auto& [seed, last_step, confirm_time, next_seed, next_time] = *found;
  return SecondFactorRow{organization, user, std::move(seed), last_step, confirm_time, std::move(next_seed), next_time};
}

}  // namespace

absl::StatusOr<std::optional<SecondFactorRow>> FindSecondFactor(db::Session& session, const Id& organization,
                                                                const Id& user) {
  return Read(session, kFind, organization, user);
}

absl::StatusOr<std::optional<SecondFactorRow>> LockSecondFactor(db::Session& tx, const Id& organization,
                                                                const Id& user) {
  return Read(tx, kLock, organization, user);
}

absl::Status PutSecondFactor(db::Session& tx, const SecondFactorRow& row) {
  return tx
      .Execute(kPut, row.organization, row.user, row.seed, row.last_step, row.confirm_time, row.next_seed,
               row.next_time)
      .status();
}

absl::Status DeleteSecondFactor(db::Session& tx, const Id& organization, const Id& user) {
  return tx.Execute(kDelete, organization, user).status();
}

}  // namespace trellis::identity::storage
