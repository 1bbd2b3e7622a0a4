// gRPC authorization policies (gRFC A43): which principals may call which methods, said in a file of the operator's.
// Debian's gRPC 1.51 declares them and does not contain them, so they are read here, but for rules about headers.
#ifndef TRELLIS_COMMON_RPC_AUTHORIZATION_POLICY_H_
#define TRELLIS_COMMON_RPC_AUTHORIZATION_POLICY_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace trellis::rpc {

// Thread-safe.
class AuthorizationPolicy {
 public:
  // {"name": "...", "deny_rules": [...], "allow_rules": [{"name": "...", "source": {"principals": [...]},
  //                                                       "request": {"paths": [...]}}]}
  // A pattern is "exact", "prefix*", "*suffix" or "*": anything but nothing. No list: anything, nothing included.
  // Error: INVALID_ARGUMENT saying what is wrong where; a key that nobody knows is a mistake.
  static absl::StatusOr<AuthorizationPolicy> Parse(absl::string_view json);

  // `principal`: the SPIFFE name in the caller's certificate; "" where there is none. `path`:
  // "/package.Service/Method". A deny rule wins over allow rules; what no rule names is not allowed.
  bool Allows(absl::string_view principal, absl::string_view path) const;

 private:
  class Patterns {
   public:
    void Add(absl::string_view pattern);
    bool Match(absl::string_view text) const;

   private:
    bool any_ = false;
    absl::flat_hash_set<std::string> exact_;
    std::vector<std::string> prefixes_;
    std::vector<std::string> suffixes_;
    bool everything_ = true;  // until there is a pattern
  };
  struct Rule {
    Patterns principals;
    Patterns paths;
    bool Match(absl::string_view principal, absl::string_view path) const {
      return principals.Match(principal) && paths.Match(path);
    }
  };
  friend class PolicyReader;

  std::vector<Rule> deny_;
  std::vector<Rule> allow_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_AUTHORIZATION_POLICY_H_
