// Access tokens: signed by identity, good for five minutes, for one audience. One algorithm, one type, no options.
#ifndef TRELLIS_COMMON_ACCESS_TOKEN_H_
#define TRELLIS_COMMON_ACCESS_TOKEN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/crypto/signing_key.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::access {

inline constexpr absl::Duration kMaxTokenLife = absl::Minutes(5);
inline constexpr std::size_t kMaxTokenBytes = 4096;

// What a token says. All of it but clearances is required; times have whole seconds.
struct TokenClaims {
  Id user;                               // sub
  Id organization;                       // tid
  Id session;                            // sid
  Id token;                              // jti
  std::vector<options::v1::Role> roles;  // may be empty
  LabelSet clearances;                   // clr; a token that tells none gives none
  std::vector<std::string> methods;      // amr (RFC 8176), for example "pwd", "otp"; at least one
  absl::Time auth_time;                  // when the user last proved who they are
  absl::Time issue_time;                 // iat
  absl::Time not_before;                 // nbf
  absl::Time expire_time;                // exp
};

// "ROLE_CARE_COORDINATOR" <-> "care_coordinator", as roles stand in tokens.
std::string RoleCode(options::v1::Role role);

// What the issuer puts in beside the times and the token's id.
struct TokenSubject {
  Id user;
  Id organization;
  Id session;
  std::vector<options::v1::Role> roles;
  LabelSet clearances = {};
  std::vector<std::string> methods;
  absl::Time auth_time;
};

struct IssuedToken {
  std::string token;
  absl::Time expire_time;
};

// Lives in identity (and in tests). Thread-safe.
class TokenIssuer {
 public:
  struct Options {
    std::string issuer;
    std::string audience;
    std::string key_id;  // [A-Za-z0-9_-]{1,64}
    absl::Duration life = kMaxTokenLife;
  };
  // Error: INVALID_ARGUMENT where an option is missing or the life too long. `key`, `clock` and `ids` outlive it.
  static absl::StatusOr<TokenIssuer> Make(Options options, const crypto::SigningKey* key, const Clock* clock,
                                          IdGenerator* ids);

  absl::StatusOr<IssuedToken> Issue(const TokenSubject& subject) const;

 private:
  TokenIssuer(Options options, const crypto::SigningKey* key, const Clock* clock, IdGenerator* ids)
      : options_(std::move(options)), key_(key), clock_(clock), ids_(ids) {}

  Options options_;
  const crypto::SigningKey* key_;
  const Clock* clock_;
  IdGenerator* ids_;
};

// base64url(header).base64url(payload).base64url(signature) over any two JSON texts: the issuer's last step.
absl::StatusOr<std::string> SignToken(absl::string_view header, absl::string_view payload,
                                      const crypto::SigningKey& key);

// A token in its parts, syntax checked, nothing believed yet.
struct TokenParts {
  std::string key_id;
  std::string signed_text;  // header.payload as they came
  std::string payload;      // JSON
  std::string signature;    // 64 bytes
};

// Error: UNAUTHENTICATED TOKEN_INVALID for every wish that is not exactly ours: another algorithm or type, a header
// parameter besides alg, typ and kid, a wrong number of parts, padding, duplicate keys, size.
absl::StatusOr<TokenParts> SplitToken(absl::string_view token);

// Reads the claims of a payload whose signature was good. Error: UNAUTHENTICATED TOKEN_INVALID.
absl::StatusOr<TokenClaims> ReadClaims(absl::string_view payload, absl::string_view issuer, absl::string_view audience);

// UNAUTHENTICATED TOKEN_EXPIRED after exp, TOKEN_INVALID before nbf or for a life longer than five minutes.
absl::Status CheckTimes(const TokenClaims& claims, absl::Time now, absl::Duration leeway);

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_TOKEN_H_
