// base64url without padding (RFC 4648 section 5), as tokens use it.
#ifndef TRELLIS_COMMON_CRYPTO_BASE64URL_H_
#define TRELLIS_COMMON_CRYPTO_BASE64URL_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace trellis::crypto {

std::string Base64UrlEncode(absl::string_view data);

// Strict: exactly one text decodes to each value. Nothing for padding, white space, characters of the other alphabet,
// impossible lengths, or bits set that carry no data.
std::optional<std::string> Base64UrlDecode(absl::string_view text);

}  // namespace trellis::crypto

#endif  // TRELLIS_COMMON_CRYPTO_BASE64URL_H_
