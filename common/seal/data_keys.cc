#include "common/seal/data_keys.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::seal {
namespace {

constexpr char kFind[] =
    "SELECT organization_id, person_id, master_key, wrapped_key, create_time FROM data_key "
    "WHERE organization_id = ? AND person_id = ?";
constexpr char kFindMany[] =
    "SELECT organization_id, person_id, master_key, wrapped_key, create_time FROM data_key "
    "WHERE organization_id = ? AND person_id IN (";
// Waits for whoever is making the same row, without an error that would keep a shared lock.
constexpr char kInsert[] =
    "INSERT INTO data_key (organization_id, person_id, master_key, wrapped_key, create_time) VALUES (?, ?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE create_time = create_time";
constexpr char kLock[] =
    "SELECT organization_id, person_id, master_key, wrapped_key, create_time FROM data_key "
    "WHERE organization_id = ? AND person_id = ? FOR UPDATE";
constexpr char kDestroy[] =
    "INSERT INTO data_key (organization_id, person_id, master_key, wrapped_key, create_time, destroy_time) "
    "VALUES (?, ?, '', '', ?, ?) ON DUPLICATE KEY UPDATE master_key = '', wrapped_key = '', "
    "destroy_time = COALESCE(destroy_time, ?)";
constexpr char kLockMany[] =
    "SELECT organization_id, person_id, master_key, wrapped_key, create_time FROM data_key "
    "WHERE master_key = ? ORDER BY organization_id, person_id LIMIT ? FOR UPDATE";
constexpr char kReplace[] =
    "UPDATE data_key SET master_key = ?, wrapped_key = ? WHERE organization_id = ? AND person_id = ? AND "
    "wrapped_key <> ''";
constexpr char kCount[] =
    "SELECT master_key, COUNT(*) FROM data_key WHERE master_key <> '' GROUP BY master_key LIMIT 100";

using Columns = std::tuple<Id, Id, std::string, std::string, absl::Time>;

StoredKey ToKey(Columns columns) {
  auto& [organization, person, master, bytes, create_time] = columns;
  return {{organization, person}, {std::move(master), std::move(bytes)}, create_time};
}

absl::StatusOr<std::vector<StoredKey>> ToKeys(absl::StatusOr<std::vector<Columns>> rows) {
  TRELLIS_RETURN_IF_ERROR(rows.status());
  std::vector<StoredKey> keys;
  keys.reserve(rows->size());
  for (Columns& row : *rows) keys.push_back(ToKey(std::move(row)));
  return keys;
}

absl::StatusOr<std::optional<StoredKey>> FindBy(db::Session& session, absl::string_view sql, const KeyOwner& owner) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row, session.QueryOne<Id, Id, std::string, std::string, absl::Time>(sql, owner.organization, owner.person));
  if (!row.has_value()) return std::nullopt;
  return ToKey(*std::move(row));
}

}  // namespace

absl::StatusOr<std::optional<StoredKey>> FindKey(db::Session& session, const KeyOwner& owner) {
  return FindBy(session, kFind, owner);
}

absl::StatusOr<std::vector<StoredKey>> FindKeys(db::Session& session, const Id& organization,
                                                const std::vector<Id>& persons) {
  return ToKeys(session.Query<Id, Id, std::string, std::string, absl::Time>(
      absl::StrCat(kFindMany, db::Placeholders(persons.size()), ") LIMIT 1000"), organization, persons));
}

absl::StatusOr<StoredKey> InsertKey(db::Session& tx, const StoredKey& key) {
  TRELLIS_RETURN_IF_ERROR(tx.Execute(kInsert, key.owner.organization, key.owner.person, key.wrapped.master,
                                     key.wrapped.bytes, key.create_time)
                              .status());
  TRELLIS_ASSIGN_OR_RETURN(auto stored, FindBy(tx, kLock, key.owner));
  if (!stored.has_value()) return absl::InternalError("a data key that was just written is not there");
  return *std::move(stored);
}

absl::Status DestroyKey(db::Session& tx, const KeyOwner& owner, absl::Time now) {
  return tx.Execute(kDestroy, owner.organization, owner.person, now, now, now).status();
}

absl::StatusOr<std::vector<KeyOwner>> LiveAmong(db::Session& session, const std::vector<KeyOwner>& owners) {
  constexpr std::size_t kAtOnce = 500;
  std::map<Id, std::vector<Id>> persons;  // by organization
  for (const KeyOwner& owner : owners) persons[owner.organization].push_back(owner.person);
  std::vector<KeyOwner> live;
  for (const auto& [organization, all] : persons) {
    for (std::size_t begin = 0; begin < all.size(); begin += kAtOnce) {
      const std::vector<Id> some(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                 all.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kAtOnce, all.size())));
      TRELLIS_ASSIGN_OR_RETURN(const std::vector<StoredKey> keys, FindKeys(session, organization, some));
      for (const StoredKey& key : keys) {
        if (key.live()) live.push_back(key.owner);
      }
    }
  }
  return live;
}

absl::StatusOr<std::vector<StoredKey>> LockKeysOf(db::Session& tx, absl::string_view master, int limit) {
  return ToKeys(tx.Query<Id, Id, std::string, std::string, absl::Time>(kLockMany, master, limit));
}

absl::Status ReplaceWrapping(db::Session& tx, const KeyOwner& owner, const WrappedKey& wrapped) {
  return tx.Execute(kReplace, wrapped.master, wrapped.bytes, owner.organization, owner.person).status();
}

absl::StatusOr<std::vector<KeyCount>> CountKeys(db::Session& session) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, session.Query<std::string, std::int64_t>(kCount));
  std::vector<KeyCount> counts;
  for (auto& [master, keys] : rows) counts.push_back({std::move(master), keys});
  return counts;
}

}  // namespace trellis::seal
