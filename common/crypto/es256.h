// ECDSA over P-256 with SHA-256 (FIPS 186-4): what the passkeys of users sign with. Trellis itself signs with Ed25519.
#ifndef TRELLIS_COMMON_CRYPTO_ES256_H_
#define TRELLIS_COMMON_CRYPTO_ES256_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace trellis::crypto {

inline constexpr std::size_t kP256CoordinateBytes = 32;
inline constexpr std::size_t kP256PointBytes = 1 + 2 * kP256CoordinateBytes;  // 0x04, x, y (SEC 1, uncompressed)

// Whether these are the bytes of a point on the curve, other than infinity. Thread-safe, like the other.
bool IsP256Point(absl::string_view point);

// `signature`: DER. False for anything but a valid signature, bytes behind it and a point off the curve included.
bool VerifyEs256(absl::string_view point, absl::string_view message, absl::string_view signature);

}  // namespace trellis::crypto

#endif  // TRELLIS_COMMON_CRYPTO_ES256_H_
