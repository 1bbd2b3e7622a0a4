// Table data_key: one key for each person and one for each organization, wrapped by the key ring. A destroyed key keeps
// its row for ever, so that it is never made again.
#ifndef TRELLIS_COMMON_SEAL_DATA_KEYS_H_
#define TRELLIS_COMMON_SEAL_DATA_KEYS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/session.h"
#include "common/seal/key_ring.h"

namespace trellis::seal {

// One row. No bytes: destroyed.
struct StoredKey {
  KeyOwner owner;
  WrappedKey wrapped;
  absl::Time create_time;
  bool live() const { return !wrapped.bytes.empty(); }
};

absl::StatusOr<std::optional<StoredKey>> FindKey(db::Session& session, const KeyOwner& owner);
// At most 1,000 persons, at least one.
absl::StatusOr<std::vector<StoredKey>> FindKeys(db::Session& session, const Id& organization,
                                                const std::vector<Id>& persons);
// Makes the row where there is none, and gives what stands there then, locked until the end of the transaction.
absl::StatusOr<StoredKey> InsertKey(db::Session& tx, const StoredKey& key);
// The owner's key is gone, whether there was one or not.
absl::Status DestroyKey(db::Session& tx, const KeyOwner& owner, absl::Time now);

// Those of `owners` whose key is live.
absl::StatusOr<std::vector<KeyOwner>> LiveAmong(db::Session& session, const std::vector<KeyOwner>& owners);

// For wrapping anew: live keys that are wrapped by this master key, in the order of their owners, locked.
absl::StatusOr<std::vector<StoredKey>> LockKeysOf(db::Session& tx, absl::string_view master, int limit);
absl::Status ReplaceWrapping(db::Session& tx, const KeyOwner& owner, const WrappedKey& wrapped);
// Live keys by master key.
struct KeyCount {
  std::string master;
  std::int64_t keys = 0;
};
absl::StatusOr<std::vector<KeyCount>> CountKeys(db::Session& session);

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_DATA_KEYS_H_
