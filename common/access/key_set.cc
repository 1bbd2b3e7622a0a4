#include "common/access/key_set.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/signing_key.h"

namespace trellis::access {
namespace {

absl::Status Unavailable() {
  return Error(absl::StatusCode::kUnavailable, "KEYS_UNAVAILABLE", "the keys of identity cannot be had at the moment");
}

}  // namespace

bool IsKeyId(absl::string_view key_id) {
  return !key_id.empty() && key_id.size() <= 64 && std::all_of(key_id.begin(), key_id.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-';
  });
}

bool KeySet::Lookup(absl::string_view key_id, std::string* public_key) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(key_id);
  if (found == keys_.end()) return false;
  *public_key = found->second;
  return true;
}

absl::StatusOr<std::string> KeySet::Find(absl::string_view key_id) {
  std::string public_key;
  if (Lookup(key_id, &public_key)) return public_key;

  // At most one caller fetches. While there is no key at all everybody has to wait for it; otherwise nobody, or made-up
  // key ids could hold up all workers.
  std::unique_lock fetching(fetch_mutex_, std::defer_lock);
  if (empty()) {
    fetching.lock();
  } else if (!fetching.try_lock()) {
    return Unavailable();
  }
  if (!Lookup(key_id, &public_key) && clock_->Now() >= next_fetch_) static_cast<void>(FetchLocked());
  if (Lookup(key_id, &public_key)) return public_key;
  if (empty()) return Unavailable();
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID", "the access token is not valid: key");
}

absl::Status KeySet::Refresh() {
  const std::lock_guard fetching(fetch_mutex_);
  return FetchLocked();
}

absl::Status KeySet::FetchLocked() {
  next_fetch_ = clock_->Now() + options_.retry;
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<VerificationKey> fetched, fetch_());
  Keys keys;
  for (const VerificationKey& key : fetched) {
    if (!IsKeyId(key.key_id) || key.public_key.size() != crypto::SigningKey::kPublicKeySize) {
      return absl::DataLossError("a published key is malformed");
    }
    keys[key.key_id] = key.public_key;
  }
  // Identity always has a key; an empty answer is a fault, and no reason to lock everybody out.
  if (keys.empty()) return absl::DataLossError("no key is published");
  next_fetch_ = clock_->Now() + options_.refetch;
  const std::lock_guard lock(mutex_);
  if (keys != keys_) {
    keys_ = std::move(keys);
    ++generation_;
  }
  return absl::OkStatus();
}

std::uint64_t KeySet::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

bool KeySet::empty() const {
  const std::lock_guard lock(mutex_);
  return keys_.empty();
}

}  // namespace trellis::access
