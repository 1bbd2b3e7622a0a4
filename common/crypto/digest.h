// Digests, keyed digests, comparison of secrets, ids derived from ids.
#ifndef TRELLIS_COMMON_CRYPTO_DIGEST_H_
#define TRELLIS_COMMON_CRYPTO_DIGEST_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/base/id.h"

namespace trellis::crypto {

// 32 bytes. Thread-safe, like everything here.
std::string Sha256(absl::string_view data);
std::string HmacSha256(absl::string_view key, absl::string_view data);

// Takes the same time wherever the first difference lies. Lengths are not secret.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

// The id that a request has when it is made on behalf of another request, for one purpose: always the same for the
// same `base` and `purpose`, so that repeating the outer request repeats the inner one (UUID version 8, RFC 9562).
Id DeriveId(const Id& base, absl::string_view purpose);

}  // namespace trellis::crypto

#endif  // TRELLIS_COMMON_CRYPTO_DIGEST_H_
