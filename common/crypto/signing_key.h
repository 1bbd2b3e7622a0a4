// Ed25519 (RFC 8032): the one signature algorithm of Trellis.
#ifndef TRELLIS_COMMON_CRYPTO_SIGNING_KEY_H_
#define TRELLIS_COMMON_CRYPTO_SIGNING_KEY_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct evp_pkey_st;

namespace trellis::crypto {

// A private key. Movable; const methods are thread-safe.
class SigningKey {
 public:
  static constexpr std::size_t kPublicKeySize = 32;
  static constexpr std::size_t kSignatureSize = 64;

  static absl::StatusOr<SigningKey> Generate();
  // PKCS #8 PEM. Error: INVALID_ARGUMENT where it is no Ed25519 private key.
  static absl::StatusOr<SigningKey> FromPem(absl::string_view pem);
  // Refuses a file that group or others may read (FAILED_PRECONDITION). NOT_FOUND where there is no file.
  static absl::StatusOr<SigningKey> Load(const std::string& path);

  absl::StatusOr<std::string> ToPem() const;
  // Writes the PEM with mode 0600; never replaces a file (ALREADY_EXISTS).
  absl::Status Save(const std::string& path) const;

  absl::StatusOr<std::string> Sign(absl::string_view message) const;  // 64 bytes
  const std::string& PublicKey() const { return public_key_; }        // 32 bytes

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;

  static absl::StatusOr<SigningKey> FromHandle(Handle key);
  SigningKey(Handle key, std::string public_key) : key_(std::move(key)), public_key_(std::move(public_key)) {}

  Handle key_;
  std::string public_key_;
};

// False for anything but a valid signature, wrong sizes included. Thread-safe. About 55 us.
bool VerifyEd25519(absl::string_view public_key, absl::string_view message, absl::string_view signature);

}  // namespace trellis::crypto

#endif  // TRELLIS_COMMON_CRYPTO_SIGNING_KEY_H_
