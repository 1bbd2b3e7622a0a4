#include "services/identity/storage/signing_keys.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO signing_key (generation, key_id, private_key, public_key, create_time, use_time, retire_time) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kLoad[] =
    "SELECT generation, key_id, private_key, public_key, create_time, use_time, retire_time FROM signing_key "
    "WHERE retire_time IS NULL OR retire_time > ? ORDER BY generation DESC LIMIT 16";
constexpr char kLockNewest[] =
    "SELECT generation, key_id, private_key, public_key, create_time, use_time, retire_time FROM signing_key "
    "ORDER BY generation DESC LIMIT 1 FOR UPDATE";
constexpr char kRetire[] =
    "UPDATE signing_key SET retire_time = ? WHERE generation < ? AND (retire_time IS NULL OR retire_time > ?)";
constexpr char kPurge[] = "DELETE FROM signing_key WHERE retire_time < ?";

using Columns =
    std::tuple<int, std::string, std::string, std::string, absl::Time, absl::Time, std::optional<absl::Time>>;

SigningKeyRow ToRow(Columns columns) {
  auto& [generation, key_id, private_key, public_key, create_time, use_time, retire_time] = columns;
  return {generation, std::move(key_id), std::move(private_key), std::move(public_key), create_time,
          use_time,   retire_time};
}

}  // namespace

absl::Status InsertSigningKey(db::Session& tx, const SigningKeyRow& row) {
  return tx
      .Execute(kInsert, row.generation, row.key_id, row.private_key, row.public_key, row.create_time, row.use_time,
               row.retire_time)
      .status();
}

absl::StatusOr<std::vector<SigningKeyRow>> LoadSigningKeys(db::Session& session, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found,
      session.Query<int, std::string, std::string, std::string, absl::Time, absl::Time, std::optional<absl::Time>>(
          kLoad, now));
  std::vector<SigningKeyRow> rows;
  rows.reserve(found.size());
  for (auto& columns : found) rows.push_back(ToRow(std::move(columns)));
  std::reverse(rows.begin(), rows.end());
  return rows;
}

absl::StatusOr<std::optional<SigningKeyRow>> LockNewestSigningKey(db::Session& tx) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found,
      (tx.QueryOne<int, std::string, std::string, std::string, absl::Time, absl::Time, std::optional<absl::Time>>(
          kLockNewest)));
  if (!found.has_value()) return std::nullopt;
  return ToRow(*std::move(found));
}

absl::Status RetireSigningKeysBefore(db::Session& tx, int generation, absl::Time retire_time) {
  return tx.Execute(kRetire, retire_time, generation, retire_time).status();
}

absl::Status PurgeSigningKeys(db::Session& tx, absl::Time before) { return tx.Execute(kPurge, before).status(); }

}  // namespace trellis::identity::storage
