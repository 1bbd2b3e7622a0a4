#include "common/access/token_verifier.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/crypto/signing_key.h"

namespace trellis::access {

std::optional<TokenClaims> TokenCache::Find(const std::string& digest, std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (const auto found = recent_.find(digest); found != recent_.end()) {
    if (found->second.generation != generation) return std::nullopt;
    return found->second.claims;
  }
  const auto found = older_.find(digest);
  if (found == older_.end() || found->second.generation != generation) return std::nullopt;
  Entry entry = std::move(found->second);
  older_.erase(found);
  TokenClaims claims = entry.claims;
  PutLocked(digest, std::move(entry));
  return claims;
}

void TokenCache::Put(const std::string& digest, std::uint64_t generation, const TokenClaims& claims) {
  const std::lock_guard lock(mutex_);
  PutLocked(digest, {generation, claims});
}

void TokenCache::PutLocked(const std::string& digest, Entry entry) {
  recent_.insert_or_assign(digest, std::move(entry));
  if (recent_.size() < half_) return;
  older_ = std::move(recent_);
  recent_.clear();
}

std::size_t TokenCache::size() const {
  const std::lock_guard lock(mutex_);
  return recent_.size() + older_.size();
}

absl::StatusOr<std::unique_ptr<TokenVerifier>> TokenVerifier::Make(Options options, KeySet* keys, const Clock* clock) {
  if (options.issuer.empty()) return absl::FailedPreconditionError("no issuer of access tokens is set");
  if (options.audience.empty()) return absl::FailedPreconditionError("no audience of access tokens is set");
  if (options.leeway < absl::ZeroDuration() || options.leeway > absl::Seconds(30)) {
    return absl::FailedPreconditionError("the leeway for access tokens must be between 0 and 30 seconds");
  }
  return std::unique_ptr<TokenVerifier>(new TokenVerifier(std::move(options), keys, clock));
}

absl::StatusOr<TokenClaims> TokenVerifier::Verify(absl::string_view token) {
  if (token.size() > kMaxTokenBytes) return VerifyAnew(token);  // refuses it
  const std::string digest = crypto::Sha256(token);
  const std::uint64_t generation = keys_->generation();
  std::optional<TokenClaims> claims = cache_.Find(digest, generation);
  if (!claims.has_value()) {
    TRELLIS_ASSIGN_OR_RETURN(claims, VerifyAnew(token));
    // The generation from before: should the keys have changed meanwhile, the entry counts for nothing.
    cache_.Put(digest, generation, *claims);
  }
  TRELLIS_RETURN_IF_ERROR(CheckTimes(*claims, clock_->Now(), options_.leeway));
  return *std::move(claims);
}

absl::StatusOr<TokenClaims> TokenVerifier::VerifyAnew(absl::string_view token) {
  TRELLIS_ASSIGN_OR_RETURN(const TokenParts parts, SplitToken(token));
  TRELLIS_ASSIGN_OR_RETURN(const std::string public_key, keys_->Find(parts.key_id));
  if (!crypto::VerifyEd25519(public_key, parts.signed_text, parts.signature)) {
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID", "the access token is not valid: signature");
  }
  return ReadClaims(parts.payload, options_.issuer, options_.audience);
}

absl::StatusOr<rpc::Caller> TokenVerifier::Authenticate(absl::string_view token, const rpc::Peer& peer) {
  TRELLIS_ASSIGN_OR_RETURN(TokenClaims claims, Verify(token));
  rpc::Caller caller;
  caller.kind = rpc::Caller::Kind::kUser;
  caller.user = claims.user;
  caller.organization = claims.organization;
  caller.session = claims.session;
  caller.roles = std::move(claims.roles);
  caller.clearances = claims.clearances;
  caller.service = peer.service;
  caller.methods = std::move(claims.methods);
  caller.auth_time = claims.auth_time;
  caller.issue_time = claims.issue_time;
  return caller;
}

}  // namespace trellis::access
