#include "common/seal/rewrap.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/seal/data_keys.h"

namespace trellis::seal {
namespace {

constexpr int kAtOnce = 200;
constexpr absl::Duration kOneTransaction = absl::Seconds(30);

absl::Status WrapAnew(db::Session& tx, KeyRing& ring, const StoredKey& key) {
  const absl::StatusOr<SecretKey> opened = ring.Unwrap(key.owner, key.wrapped);
  // A restored backup brings keys back that were destroyed since.
  if (IsErased(opened.status())) return DestroyKey(tx, key.owner, key.create_time);
  TRELLIS_RETURN_IF_ERROR(opened.status());
  TRELLIS_ASSIGN_OR_RETURN(const WrappedKey wrapped, ring.Wrap(key.owner, *opened));
  return ReplaceWrapping(tx, key.owner, wrapped);
}

// All keys of one former master key.
absl::StatusOr<std::int64_t> RewrapKeysOf(const std::string& master, db::Pool& pool, KeyRing& ring,
                                          absl::Time deadline) {
  std::int64_t total = 0;
  for (std::size_t done = kAtOnce; done == kAtOnce; total += static_cast<std::int64_t>(done)) {
    if (absl::Now() >= deadline) return absl::DeadlineExceededError("there are more keys to wrap");
    TRELLIS_RETURN_IF_ERROR(
        pool.Transact(std::min(deadline, absl::Now() + kOneTransaction), [&](db::Session& tx) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto keys, LockKeysOf(tx, master, kAtOnce));
          done = keys.size();
          for (const StoredKey& key : keys) {
            TRELLIS_RETURN_IF_ERROR(WrapAnew(tx, ring, key));
          }
          return absl::OkStatus();
        }));
  }
  return total;
}

}  // namespace

absl::StatusOr<std::int64_t> Rewrap(db::Pool& pool, KeyRing& ring, absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<std::string> masters, ring.Masters());
  std::int64_t total = 0;
  for (std::size_t i = 1; i < masters.size(); ++i) {
    TRELLIS_ASSIGN_OR_RETURN(const std::int64_t done, RewrapKeysOf(masters[i], pool, ring, deadline));
    total += done;
  }
  std::vector<KeyCount> left;
  TRELLIS_RETURN_IF_ERROR(pool.Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(left, CountKeys(session));
    return absl::OkStatus();
  }));
  for (const KeyCount& count : left) {
    if (count.master == masters[0]) continue;
    return Error(absl::StatusCode::kFailedPrecondition, "MASTER_KEY_MISSING",
                 absl::StrCat(count.keys, " keys are wrapped by the master key ", count.master,
                              ", which the key ring does not hold"));
  }
  return total;
}

}  // namespace trellis::seal
