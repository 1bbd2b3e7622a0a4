#include "services/identity/api/token_keys.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "common/db/errors.h"
#include "common/db/pool.h"

namespace trellis::identity {
namespace {

constexpr absl::Duration kReload = absl::Minutes(1);
constexpr absl::Duration kRetry = absl::Seconds(2);
// Keys are loaded for everybody, not for the one call that happened to come first.
constexpr absl::Duration kLoadTime = absl::Seconds(5);

// The first key of an installation is used at once: nobody can hold an older set of keys.
absl::StatusOr<storage::SigningKeyRow> MakeFirst(absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const crypto::SigningKey key, crypto::SigningKey::Generate());
  storage::SigningKeyRow row;
  row.key_id = crypto::Base64UrlEncode(crypto::Sha256(key.PublicKey()).substr(0, 12));
  TRELLIS_ASSIGN_OR_RETURN(row.private_key, key.ToPem());
  row.public_key = key.PublicKey();
  row.create_time = now;
  row.use_time = now;
  return row;
}

}  // namespace

absl::StatusOr<std::vector<PublishedKey>> TokenKeys::Published(absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(const auto snapshot, Current(deadline));
  return snapshot->published;
}

absl::StatusOr<access::IssuedToken> TokenKeys::Issue(const access::TokenSubject& subject, absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(const auto snapshot, Current(deadline));
  return snapshot->issuer->Issue(subject);
}

absl::StatusOr<std::shared_ptr<const TokenKeys::Snapshot>> TokenKeys::Current(absl::Time deadline) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const absl::Time now = runtime_.clock().Now();
  if (snapshot_ != nullptr && now < next_load_) return snapshot_;

  const auto rows = LoadOrMake(std::min(deadline, absl::Now() + kLoadTime));
  if (!rows.ok()) {
    if (snapshot_ == nullptr) return rows.status();
    // What was good a minute ago is still good, and not every call need wait for a database that does not answer.
    next_load_ = now + kRetry;
    return snapshot_;
  }
  TRELLIS_ASSIGN_OR_RETURN(snapshot_, Build(*rows));
  next_load_ = now + kReload;
  return snapshot_;
}

absl::StatusOr<std::vector<storage::SigningKeyRow>> TokenKeys::LoadOrMake(absl::Time deadline) {
  const absl::Time now = runtime_.clock().Now();
  std::vector<storage::SigningKeyRow> rows;
  const auto load = [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(rows, storage::LoadSigningKeys(session, now));
    return absl::OkStatus();
  };
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Read(deadline, load));
  if (!rows.empty()) return rows;

  TRELLIS_ASSIGN_OR_RETURN(const storage::SigningKeyRow first, MakeFirst(now));
  const absl::Status made =
      runtime_.pool().Transact(deadline, [&first](db::Session& tx) { return storage::InsertSigningKey(tx, first); });
  // Another replica may have been quicker: its key is the key.
  if (!made.ok() && !db::IsDuplicateKey(made)) return made;
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Read(deadline, load));
  return rows;
}

absl::StatusOr<std::shared_ptr<const TokenKeys::Snapshot>> TokenKeys::Build(
    const std::vector<storage::SigningKeyRow>& rows) {
  auto snapshot = std::make_shared<Snapshot>();
  const storage::SigningKeyRow* in_use = nullptr;
  for (const storage::SigningKeyRow& row : rows) {
    snapshot->published.push_back({row.key_id, row.public_key});
    if (row.use_time <= runtime_.clock().Now()) in_use = &row;
  }
  if (in_use == nullptr) {
    return Error(absl::StatusCode::kUnavailable, "NO_SIGNING_KEY", "No key to sign access tokens with is in use.");
  }
  TRELLIS_ASSIGN_OR_RETURN(auto key, crypto::SigningKey::FromPem(in_use->private_key));
  snapshot->key = std::make_unique<crypto::SigningKey>(std::move(key));
  TRELLIS_ASSIGN_OR_RETURN(auto issuer,
                           access::TokenIssuer::Make(
                               {.issuer = runtime_.issuer(), .audience = runtime_.audience(), .key_id = in_use->key_id},
                               snapshot->key.get(), &runtime_.clock(), &runtime_.ids()));
  snapshot->issuer = std::make_unique<access::TokenIssuer>(std::move(issuer));
  return snapshot;
}

}  // namespace trellis::identity
