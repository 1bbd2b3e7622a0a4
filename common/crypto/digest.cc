#include "common/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <cstdlib>

namespace trellis::crypto {
namespace {

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Fetched once: SHA256() and EVP_sha256() make OpenSSL look for an implementation, by name, in every call.
const EVP_MD* FetchedSha256() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

}  // namespace

std::string Sha256(absl::string_view data) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), &size, FetchedSha256(),
                 nullptr) != 1 ||
      size != out.size()) {
    std::abort();  // as below
  }
  return out;
}

std::string HmacSha256(absl::string_view key, absl::string_view data) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  unsigned int size = 0;
  if (HMAC(FetchedSha256(), key.data(), static_cast<int>(key.size()), Bytes(data), data.size(),
           reinterpret_cast<unsigned char*>(out.data()), &size) == nullptr ||
      size != out.size()) {
    std::abort();  // only a broken OpenSSL gets here; going on with zeros would be worse
  }
  return out;
}

bool ConstantTimeEquals(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Id DeriveId(const Id& base, absl::string_view purpose) {
  std::string bytes = HmacSha256(base.bytes(), purpose).substr(0, Id::kSize);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x80);  // version 8: made by a rule of our own
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);  // variant of RFC 9562
  return *Id::FromBytes(bytes);
}

}  // namespace trellis::crypto
