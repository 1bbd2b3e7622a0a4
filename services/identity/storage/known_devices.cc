#include "services/identity/storage/known_devices.h"

#include <tuple>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kFind[] =
    "SELECT failures, rest_until FROM known_device WHERE organization_id = ? AND user_id = ? AND token_hash = ?";
constexpr char kInsert[] =
    "INSERT INTO known_device (organization_id, user_id, token_hash, failures, rest_until, use_time) "
    "VALUES (?, ?, ?, 0, ?, ?)";
// The one that was used longest ago, where there are more than enough.
constexpr char kSurplus[] =
    "SELECT token_hash FROM known_device WHERE organization_id = ? AND user_id = ? ORDER BY use_time DESC "
    "LIMIT 100 OFFSET ?";
constexpr char kUse[] =
    "UPDATE known_device SET failures = 0, rest_until = ?, use_time = ? "
    "WHERE organization_id = ? AND user_id = ? AND token_hash = ?";
constexpr char kCount[] =
    "UPDATE known_device SET failures = failures + 1 WHERE organization_id = ? AND user_id = ? AND token_hash = ?";
constexpr char kRest[] =
    "UPDATE known_device SET rest_until = ? WHERE organization_id = ? AND user_id = ? AND token_hash = ?";
constexpr char kForget[] = "DELETE FROM known_device WHERE organization_id = ? AND user_id = ? AND token_hash = ?";
constexpr char kForgetAll[] = "DELETE FROM known_device WHERE organization_id = ? AND user_id = ?";
constexpr char kPurge[] = "DELETE FROM known_device WHERE use_time < ? ORDER BY use_time LIMIT 1000";

}  // namespace

absl::StatusOr<std::optional<DeviceRow>> FindDevice(db::Session& session, const DeviceKey& key) {
  TRELLIS_ASSIGN_OR_RETURN(const auto row,
                           (session.QueryOne<int, absl::Time>(kFind, key.organization, key.user, key.token_hash)));
  if (!row.has_value()) return std::nullopt;
  return DeviceRow{std::get<0>(*row), std::get<1>(*row)};
}

absl::Status InsertDevice(db::Session& tx, const DeviceKey& key, absl::Time now, int most) {
  TRELLIS_RETURN_IF_ERROR(
      tx.Execute(kInsert, key.organization, key.user, key.token_hash, absl::UnixEpoch(), now).status());
  TRELLIS_ASSIGN_OR_RETURN(const auto surplus, tx.Query<std::string>(kSurplus, key.organization, key.user, most));
  for (const auto& [token_hash] : surplus) {
    TRELLIS_RETURN_IF_ERROR(ForgetDevice(tx, {key.organization, key.user, token_hash}));
  }
  return absl::OkStatus();
}

absl::Status UseDevice(db::Session& tx, const DeviceKey& key, absl::Time now) {
  return tx.Execute(kUse, absl::UnixEpoch(), now, key.organization, key.user, key.token_hash).status();
}

absl::StatusOr<int> CountDeviceFailure(db::Session& tx, const DeviceKey& key) {
  TRELLIS_RETURN_IF_ERROR(tx.Execute(kCount, key.organization, key.user, key.token_hash).status());
  TRELLIS_ASSIGN_OR_RETURN(const auto row, FindDevice(tx, key));
  return row.has_value() ? row->failures : 0;
}

absl::Status RestDevice(db::Session& tx, const DeviceKey& key, absl::Time rest_until) {
  return tx.Execute(kRest, rest_until, key.organization, key.user, key.token_hash).status();
}

absl::Status ForgetDevice(db::Session& tx, const DeviceKey& key) {
  return tx.Execute(kForget, key.organization, key.user, key.token_hash).status();
}

absl::Status ForgetDevices(db::Session& tx, const Id& organization, const Id& user) {
  return tx.Execute(kForgetAll, organization, user).status();
}

absl::Status PurgeDevices(db::Session& tx, absl::Time before) { return tx.Execute(kPurge, before).status(); }

}  // namespace trellis::identity::storage
