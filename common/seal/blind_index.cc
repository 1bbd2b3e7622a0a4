#include "common/seal/blind_index.h"

#include <sodium.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace trellis::seal {
namespace {

static_assert(crypto_auth_hmacsha256_KEYBYTES == SecretKey::kSize);
static_assert(crypto_auth_hmacsha256_BYTES == SecretKey::kSize);

void Hmac(const SecretKey& key, absl::string_view text, unsigned char* out) {
  crypto_auth_hmacsha256(out, reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data());
}

}  // namespace

absl::StatusOr<SecretKey> IndexKey(const SecretKey& organization_key, absl::string_view field) {
  return SecretKey::Make(
      [&](unsigned char* out) { Hmac(organization_key, absl::StrCat("trellis blind index 1 ", field), out); });
}

std::string BlindIndex(const SecretKey& index_key, absl::string_view canonical, std::size_t size) {
  std::string hash(SecretKey::kSize, '\0');
  Hmac(index_key, canonical, reinterpret_cast<unsigned char*>(hash.data()));
  hash.resize(std::min(size, hash.size()));
  return hash;
}

}  // namespace trellis::seal
