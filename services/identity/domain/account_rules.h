// Login names, passwords, and how often somebody may try.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_ACCOUNT_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_ACCOUNT_RULES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace trellis::identity {

// A canonical login name (text_forms.h): the form of an e-mail address in printable ASCII, so that no two names look
// alike. Error: INVALID_ARGUMENT on `field`.
absl::Status ValidateLogin(absl::string_view canonical_login, absl::string_view field);

// Length counts, composition does not (NIST SP 800-63B, OWASP ASVS 6.2): at least 15 code points, at least 8 with a
// second factor; not a repetition of few signs, not containing the login name or the product's name.
// Error: INVALID_ARGUMENT PASSWORD_UNFIT on `field`; its text never holds the password.
absl::Status ValidatePassword(absl::string_view password, absl::string_view canonical_login, bool second_factor,
                              absl::string_view field);

// How long a login name from one source must rest after so many failures in a row: nothing up to 4, then one second,
// doubling up to 15 minutes. Never for good: whoever could lock others out would have a weapon.
absl::Duration RestAfterFailures(int failures);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_ACCOUNT_RULES_H_
