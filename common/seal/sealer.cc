#include "common/seal/sealer.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/seal/data_keys.h"

namespace trellis::seal {
namespace {

// Longer than any transaction: what is older and can be seen is committed.
constexpr absl::Duration kLongestTransaction = absl::Minutes(5);

absl::Status MissingKey() { return Error(absl::StatusCode::kDataLoss, "SEAL_BROKEN", "a sealed value has no key"); }

// Whether a key that was read in this session can be relied on. A transaction also sees the key that it has made
// itself, and when it is rolled back there has never been such a key: what others seal with it would be lost.
bool MayKeep(const db::Session& session, const StoredKey& key, absl::Time now) {
  return !session.in_transaction() || now - key.create_time > kLongestTransaction;
}

}  // namespace

absl::StatusOr<SecretKey> Sealer::Unwrapped(const KeyOwner& owner, const WrappedKey& wrapped, bool may_keep) {
  TRELLIS_ASSIGN_OR_RETURN(SecretKey key, ring_.Unwrap(owner, wrapped));
  if (may_keep) cache_.Put(owner, key);
  return key;
}

absl::StatusOr<SecretKey> Sealer::KeyToSeal(db::Session& tx, const KeyOwner& owner) {
  if (std::optional<SecretKey> key = cache_.Find(owner); key.has_value()) return *std::move(key);
  const absl::Time now = clock_.Now();
  TRELLIS_ASSIGN_OR_RETURN(std::optional<StoredKey> stored, FindKey(tx, owner));
  if (!stored.has_value()) {
    TRELLIS_ASSIGN_OR_RETURN(const SecretKey fresh,
                             SecretKey::Make([this](unsigned char* out) { random_.Fill(out, SecretKey::kSize); }));
    TRELLIS_ASSIGN_OR_RETURN(WrappedKey wrapped, ring_.Wrap(owner, fresh));
    TRELLIS_ASSIGN_OR_RETURN(stored, InsertKey(tx, {owner, std::move(wrapped), now}));
  }
  if (!stored->live()) return ErasedError();
  return Unwrapped(owner, stored->wrapped, MayKeep(tx, *stored, now));
}

absl::StatusOr<SecretKey> Sealer::KeyToOpen(db::Session& session, const KeyOwner& owner) {
  TRELLIS_ASSIGN_OR_RETURN(std::optional<SecretKey> key, KeyIfMade(session, owner));
  if (!key.has_value()) return MissingKey();
  return *std::move(key);
}

absl::StatusOr<std::optional<SecretKey>> Sealer::KeyIfMade(db::Session& session, const KeyOwner& owner) {
  if (std::optional<SecretKey> key = cache_.Find(owner); key.has_value()) return key;
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredKey> stored, FindKey(session, owner));
  if (!stored.has_value()) return std::optional<SecretKey>();
  if (!stored->live()) return ErasedError();
  TRELLIS_ASSIGN_OR_RETURN(SecretKey key, Unwrapped(owner, stored->wrapped, MayKeep(session, *stored, clock_.Now())));
  return std::optional<SecretKey>(std::move(key));
}

absl::StatusOr<SecretKey> Sealer::KeyOfRow(const db::Session& session, const KeyOwner& owner,
                                           const WrappedKey& wrapped) {
  if (wrapped.bytes.empty()) return ErasedError();
  if (std::optional<SecretKey> key = cache_.Find(owner); key.has_value()) return *std::move(key);
  return Unwrapped(owner, wrapped, !session.in_transaction());
}

absl::Status Sealer::OpenKeys(db::Session& session, const Id& organization, const std::vector<Id>& persons) {
  std::vector<Id> missing;
  for (const Id& person : persons) {
    if (!cache_.Find({organization, person}).has_value()) missing.push_back(person);
  }
  if (missing.empty()) return absl::OkStatus();
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<StoredKey> keys, FindKeys(session, organization, missing));
  for (const StoredKey& key : keys) {
    if (!key.live()) continue;
    const absl::Status status = Unwrapped(key.owner, key.wrapped, MayKeep(session, key, clock_.Now())).status();
    if (!status.ok() && !IsErased(status)) return status;
  }
  return absl::OkStatus();
}

std::string Sealer::Seal(const SecretKey& key, const Place& place, absl::string_view content) {
  return content.empty() ? std::string() : SealWith(key, place, content, random_);
}

absl::StatusOr<std::string> Sealer::Open(const SecretKey& key, const Place& place, absl::string_view sealed) {
  if (sealed.empty()) return std::string();
  return OpenWith(key, place, sealed);
}

absl::StatusOr<std::string> Sealer::Seal(db::Session& tx, const Place& place, absl::string_view content) {
  if (content.empty()) return std::string();
  TRELLIS_ASSIGN_OR_RETURN(const SecretKey key, KeyToSeal(tx, place.owner));
  return SealWith(key, place, content, random_);
}

absl::StatusOr<std::string> Sealer::Open(db::Session& session, const Place& place, absl::string_view sealed) {
  if (sealed.empty()) return std::string();
  TRELLIS_ASSIGN_OR_RETURN(const SecretKey key, KeyToOpen(session, place.owner));
  return OpenWith(key, place, sealed);
}

absl::StatusOr<std::string> Sealer::OpenIfKept(db::Session& session, const Place& place, absl::string_view sealed) {
  absl::StatusOr<std::string> content = Open(session, place, sealed);
  if (IsErased(content.status())) return std::string();
  return content;
}

absl::Status Sealer::Destroy(db::Session& tx, const KeyOwner& owner) {
  cache_.Forget(owner);
  // The ring first: when the transaction fails after it, whoever looks through the destroyed keys finishes the work.
  TRELLIS_RETURN_IF_ERROR(ring_.Destroy(owner));
  TRELLIS_RETURN_IF_ERROR(DestroyKey(tx, owner, clock_.Now()));
  cache_.Forget(owner);
  return absl::OkStatus();
}

}  // namespace trellis::seal
