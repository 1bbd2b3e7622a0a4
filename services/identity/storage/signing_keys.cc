#include "services/identity/storage/signing_keys.h"

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
    "WHERE retire_time IS NULL OR retire_time > ? ORDER BY generation LIMIT 16";

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
  for (auto& [generation, key_id, private_key, public_key, create_time, use_time, retire_time] : found) {
    rows.push_back({generation, std::move(key_id), std::move(private_key), std::move(public_key), create_time, use_time,
                    retire_time});
  }
  return rows;
}

}  // namespace trellis::identity::storage
