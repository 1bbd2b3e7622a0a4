// Which passwords may be chosen.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_PASSWORD_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_PASSWORD_RULES_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace trellis::identity {

// Whose password it is to be.
struct PasswordOwner {
  std::string login;         // canonical
  std::string display_name;  // for people
  std::string organization;  // its display name; "" where it is not known
};

// Length counts, composition does not (NIST SP 800-63B, OWASP ASVS 6.2): at least 15 code points, also with
// a second factor, which may be lost. Refused is what is tried first: repetitions and runs of signs; passwords from the
// list of common ones (data/common-passwords.txt), also two of them in a row or with digits around; the login name and
// the product's name anywhere; and what is little more than other words that everybody here knows: names of roles, of
// the organization and of the user. Immutable, so thread-safe.
class PasswordRules {
 public:
  // `more`: passwords that are refused besides, one a line, "#" for comments: an operator's own list.
  explicit PasswordRules(std::string more = "");
  // What it holds points into itself.
  PasswordRules(const PasswordRules&) = delete;
  PasswordRules& operator=(const PasswordRules&) = delete;

  // Error: INVALID_ARGUMENT PASSWORD_UNFIT on `field`; its text never holds the password.
  absl::Status Check(absl::string_view password, const PasswordOwner& owner, absl::string_view field) const;

  std::size_t size() const { return common_.size(); }

 private:
  void Add(absl::string_view lines);
  bool IsCommon(absl::string_view folded) const;

  const std::string more_;
  absl::flat_hash_set<absl::string_view> common_;  // points into more_ and into the binary
  std::size_t longest_ = 0;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_PASSWORD_RULES_H_
