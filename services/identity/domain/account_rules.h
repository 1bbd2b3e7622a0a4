// Login names, and how often somebody may try to sign in with one.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_ACCOUNT_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_ACCOUNT_RULES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace trellis::identity {

// A canonical login name (text_forms.h): the form of an e-mail address in printable ASCII, so that no two names look
// alike. Error: INVALID_ARGUMENT on `field`.
absl::Status ValidateLogin(absl::string_view canonical_login, absl::string_view field);

// How long a login name from one source must rest after so many failures in a row: nothing up to 4, then one second,
// doubling up to 15 minutes. Never for good: whoever could lock others out would have a weapon.
absl::Duration RestAfterFailures(int failures);

// --- one login name from everywhere, known devices left out ---------------------------------------------------------

inline constexpr int kFreeTriesInAnHour = 20;
// As many wrong guesses in a row as NIST SP 800-63B allows (section 5.2.2): a new password ends it.
inline constexpr int kMostFailuresInARow = 100;

struct AccountTries {
  int failures = 0;  // in a row; tries that go on count as failures
  absl::Time hour_start = absl::UnixEpoch();
  int hour_failures = 0;  // since then
  absl::Time rest_until = absl::UnixEpoch();
};

// Whether the password of one more try may be looked at, and if so, counts it as a failure: so many at once cannot be
// more than allowed. From the 21st within an hour on the login rests: half a minute, doubling up to 15 minutes.
bool TakeTry(AccountTries& tries, absl::Time now);
// The user has signed in on a known device: no failures in a row any more. What was tried within the hour stays
// counted.
void EndRow(AccountTries& tries);
// The try was none: the password was right. `signed_in`: and that was all it took.
void GiveBack(AccountTries& tries, bool signed_in);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_ACCOUNT_RULES_H_
