// What a new password goes through: is it fit, then its hash.
#ifndef TRELLIS_SERVICES_IDENTITY_API_PASSWORDS_H_
#define TRELLIS_SERVICES_IDENTITY_API_PASSWORDS_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "services/identity/api/password_hasher.h"
#include "services/identity/domain/password_rules.h"

namespace trellis::identity {

// Thread-safe.
class Passwords {
 public:
  // `denied`: passwords that are refused besides the shipped list, one a line.
  Passwords(const PasswordHasher::Options& options, RandomSource& random, std::string denied)
      : rules_(std::move(denied)), hasher_(options, random) {}

  // The hash of a password that may be chosen. Slow, so outside of any transaction. Errors: INVALID_ARGUMENT
  // PASSWORD_UNFIT on `field`; those of PasswordHasher.
  absl::StatusOr<std::string> Accept(absl::string_view password, const PasswordOwner& owner, absl::string_view field,
                                     absl::Time deadline) {
    TRELLIS_RETURN_IF_ERROR(rules_.Check(password, owner, field));
    return hasher_.Hash(password, deadline);
  }

  PasswordHasher& hasher() { return hasher_; }

 private:
  const PasswordRules rules_;
  PasswordHasher hasher_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PASSWORDS_H_
