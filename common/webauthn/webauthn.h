// What a passkey shows (W3C Web Authentication Level 2): parsed and checked as sections 7.1 and 7.2 want it, with these
// choices of ours: ES256 alone, user verification always, no attestation (whatever statement comes is not looked at),
// extensions are passed over, no other site's frame around the page, no user handle and no token binding (the user is
// known from the session).
#ifndef TRELLIS_COMMON_WEBAUTHN_WEBAUTHN_H_
#define TRELLIS_COMMON_WEBAUTHN_WEBAUTHN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace trellis::webauthn {

inline constexpr std::size_t kChallengeBytes = 32;
inline constexpr std::size_t kMostCredentialIdBytes = 1023;

// Whom a passkey is for. A browser signs for a site with the origin that it really shows, so a look-alike gets nothing.
struct RelyingParty {
  std::string id;                    // a domain; "": there are no passkeys here
  std::vector<std::string> origins;  // "https://app.example.org"; compared as they are

  bool enabled() const { return !id.empty(); }
};

// Error: INVALID_ARGUMENT where no browser would make or show a passkey with these settings.
absl::Status CheckRelyingParty(const RelyingParty& party);

// What a browser answers when a passkey is made.
struct ShownRegistration {
  std::string client_data_json;
  std::string attestation_object;
};

// What remains of it.
struct NewPasskey {
  std::string credential_id;
  std::string public_key;  // a point of P-256, uncompressed
  std::uint32_t sign_count = 0;
};

// What a browser answers when a passkey is shown.
struct ShownAssertion {
  std::string client_data_json;
  std::string authenticator_data;
  std::string signature;
};

// Error: PERMISSION_DENIED PASSKEY_REFUSED, with what is wrong. Neither throws. `challenge`: what was given out.
absl::StatusOr<NewPasskey> CheckRegistration(const RelyingParty& party, absl::string_view challenge,
                                             const ShownRegistration& shown);
// The sign count that was shown.
absl::StatusOr<std::uint32_t> CheckAssertion(const RelyingParty& party, absl::string_view challenge,
                                             absl::string_view public_key, const ShownAssertion& shown);

// Whether two authenticators seem to hold the same key: one that counts never shows a number twice. Those that do not
// count show 0 always.
bool CountWentBack(std::uint32_t before, std::uint32_t shown);

absl::Status PasskeyRefused(absl::string_view why);

}  // namespace trellis::webauthn

#endif  // TRELLIS_COMMON_WEBAUTHN_WEBAUTHN_H_
