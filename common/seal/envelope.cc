#include "common/seal/envelope.h"

#include <sodium.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace trellis::seal {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kHeaderBytes = 1 + kKeyIdBytes;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kHeaderBytes + kNonceBytes + kTagBytes == kSealOverhead);
static_assert(SecretKey::kSize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// Tells keys apart without telling anything about them.
std::string KeyIdOf(const SecretKey& key) {
  constexpr absl::string_view kLabel = "trellis key id 1";
  std::string id(crypto_generichash_BYTES_MIN, '\0');
  crypto_generichash(Bytes(id), id.size(), Bytes(kLabel), kLabel.size(), key.data(), SecretKey::kSize);
  id.resize(kKeyIdBytes);
  return id;
}

void AppendCounted(std::string& out, absl::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>((size >> shift) & 0xFF));
  absl::StrAppend(&out, part);
}

std::string AssociatedData(absl::string_view header, const Place& place) {
  std::string out = absl::StrCat(header, place.owner.organization.bytes(), place.owner.person.bytes());
  for (const absl::string_view part : {place.table, place.column, absl::string_view(place.row)}) {
    AppendCounted(out, part);
  }
  return out;
}

absl::Status Broken() {
  return Error(absl::StatusCode::kDataLoss, "SEAL_BROKEN", "a sealed value cannot be opened where it stands");
}

}  // namespace

std::string SealWith(const SecretKey& key, const Place& place, absl::string_view content, RandomSource& random) {
  const std::string header = absl::StrCat(absl::string_view(&kFormat, 1), KeyIdOf(key));
  const std::string associated = AssociatedData(header, place);
  const std::string nonce = random.Bytes(kNonceBytes);
  std::string sealed = absl::StrCat(header, nonce);
  sealed.resize(kSealOverhead + content.size());
  crypto_aead_xchacha20poly1305_ietf_encrypt(Bytes(sealed) + kHeaderBytes + kNonceBytes, nullptr, Bytes(content),
                                             content.size(), Bytes(associated), associated.size(), nullptr,
                                             Bytes(nonce), key.data());
  return sealed;
}

absl::StatusOr<std::string> OpenWith(const SecretKey& key, const Place& place, absl::string_view sealed) {
  if (sealed.size() < kSealOverhead || sealed[0] != kFormat) return Broken();
  const absl::string_view header = sealed.substr(0, kHeaderBytes);
  if (header.substr(1) != KeyIdOf(key)) return Broken();
  const std::string associated = AssociatedData(header, place);
  const absl::string_view nonce = sealed.substr(kHeaderBytes, kNonceBytes);
  const absl::string_view encrypted = sealed.substr(kHeaderBytes + kNonceBytes);
  std::string content(encrypted.size() - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(Bytes(content), nullptr, nullptr, Bytes(encrypted), encrypted.size(),
                                                 Bytes(associated), associated.size(), Bytes(nonce), key.data()) != 0) {
    return Broken();
  }
  return content;
}

}  // namespace trellis::seal
