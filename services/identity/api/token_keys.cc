#include "services/identity/api/token_keys.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "common/db/errors.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "common/seal/sealer.h"
#include "services/identity/domain/key_rules.h"

namespace trellis::identity {
namespace {

constexpr absl::Duration kReload = absl::Seconds(20);
constexpr absl::Duration kGood = absl::Minutes(1);
constexpr absl::Duration kRetry = absl::Seconds(2);
// Keys are loaded for everybody, not for the one call that happened to come first.
constexpr absl::Duration kLoadTime = absl::Seconds(5);

constexpr absl::Duration kKeepRetired = absl::Hours(24);

// Sealed with the installation's own key: a copy of the database signs nothing.
seal::Place PlaceOf(const std::string& key_id) {
  return {.owner = {}, .table = "signing_key", .column = "private_key", .row = key_id};
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
    // What was good a minute ago is still good, and not every call need wait for a database that does not answer. What
    // is older may have been withdrawn.
    if (snapshot_ == nullptr || now >= good_until_) return rows.status();
    next_load_ = now + kRetry;
    return snapshot_;
  }
  TRELLIS_ASSIGN_OR_RETURN(snapshot_, Build(*rows));
  next_load_ = now + kReload;
  good_until_ = now + kGood;
  return snapshot_;
}

absl::StatusOr<std::vector<storage::SigningKeyRow>> TokenKeys::LoadOrMake(absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, Load(deadline));
  if (!rows.empty()) return rows;
  const absl::Status made = runtime_.pool().Transact(deadline, [this](db::Session& tx) -> absl::Status {
    // Another replica may have been quicker: its key is the key.
    TRELLIS_ASSIGN_OR_RETURN(const auto newest, storage::LockNewestSigningKey(tx));
    if (newest.has_value() && !newest->retire_time.has_value()) return absl::OkStatus();
    // Nobody can hold an older set of keys, so the first one is used at once.
    return Succeed(tx, newest.has_value() ? newest->generation : 0, /*at_once=*/true);
  });
  if (!made.ok() && !db::IsDuplicateKey(made)) return made;
  return Load(deadline);
}

absl::StatusOr<std::vector<storage::SigningKeyRow>> TokenKeys::Load(absl::Time deadline) {
  std::vector<storage::SigningKeyRow> rows;
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(rows, storage::LoadSigningKeys(session, runtime_.clock().Now()));
    for (storage::SigningKeyRow& row : rows) {
      TRELLIS_ASSIGN_OR_RETURN(row.private_key, runtime_.seal().Open(session, PlaceOf(row.key_id), row.private_key));
    }
    return absl::OkStatus();
  }));
  return rows;
}

absl::StatusOr<storage::SigningKeyRow> TokenKeys::Make(db::Session& tx, int generation, absl::Time use_time) {
  TRELLIS_ASSIGN_OR_RETURN(const crypto::SigningKey key, crypto::SigningKey::Generate());
  storage::SigningKeyRow row;
  row.generation = generation;
  row.key_id = crypto::Base64UrlEncode(crypto::Sha256(key.PublicKey()).substr(0, 12));
  TRELLIS_ASSIGN_OR_RETURN(const std::string pem, key.ToPem());
  TRELLIS_ASSIGN_OR_RETURN(row.private_key, runtime_.seal().Seal(tx, PlaceOf(row.key_id), pem));
  row.public_key = key.PublicKey();
  row.create_time = runtime_.clock().Now();
  row.use_time = use_time;
  return row;
}

absl::Status TokenKeys::Succeed(db::Session& tx, int newest_generation, bool at_once) {
  const Succession plan = PlanSuccession(runtime_.clock().Now(), at_once);
  TRELLIS_ASSIGN_OR_RETURN(const storage::SigningKeyRow next, Make(tx, newest_generation + 1, plan.use_time));
  TRELLIS_RETURN_IF_ERROR(storage::InsertSigningKey(tx, next));
  return storage::RetireSigningKeysBefore(tx, next.generation, plan.retire_others);
}

absl::Status TokenKeys::RotateIfDue(absl::Time deadline) {
  const absl::Time now = runtime_.clock().Now();
  const absl::Status status = runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(storage::PurgeSigningKeys(tx, now - kKeepRetired));
    TRELLIS_ASSIGN_OR_RETURN(const auto newest, storage::LockNewestSigningKey(tx));
    if (!newest.has_value()) return absl::OkStatus();  // the first one is made when it is needed
    if (!NeedsSuccessor({newest->use_time, newest->retire_time}, now, life_)) return absl::OkStatus();
    log::Info("a new key for access tokens follows", {{"generation", absl::StrCat(newest->generation + 1)}});
    return Succeed(tx, newest->generation, /*at_once=*/false);
  });
  return db::IsDuplicateKey(status) ? absl::OkStatus() : status;  // another replica was quicker
}

absl::Status TokenKeys::Rotate(bool at_once, absl::Time deadline) {
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Transact(deadline, [&](db::Session& tx) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto newest, storage::LockNewestSigningKey(tx));
    if (!at_once && newest.has_value() && runtime_.clock().Now() < newest->use_time) {
      return Error(absl::StatusCode::kFailedPrecondition, "KEY_NOT_IN_USE_YET",
                   "The next key is made already and signs within minutes.");
    }
    return Succeed(tx, newest.has_value() ? newest->generation : 0, at_once);
  }));
  const std::lock_guard<std::mutex> lock(mutex_);
  next_load_ = absl::InfinitePast();
  return absl::OkStatus();
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
