// Base32 without padding (RFC 4648 section 6): how a seed is typed into an authenticator app.
#ifndef TRELLIS_COMMON_CRYPTO_BASE32_H_
#define TRELLIS_COMMON_CRYPTO_BASE32_H_

#include <string>

#include "absl/strings/string_view.h"

namespace trellis::crypto {

std::string Base32Encode(absl::string_view data);

}  // namespace trellis::crypto

#endif  // TRELLIS_COMMON_CRYPTO_BASE32_H_
