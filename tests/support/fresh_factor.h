// Tokens of users who have shown a second factor.
#ifndef TRELLIS_TESTS_SUPPORT_FRESH_FACTOR_H_
#define TRELLIS_TESTS_SUPPORT_FRESH_FACTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/access/token.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "common/testing/test_service.h"

namespace trellis::testing {

// A token that every TestService of this process accepts: proved with `methods`, so long ago by `clock`.
inline std::string TokenProvedBy(const TestUser& who, const Clock& clock,
                                 std::vector<std::string> methods = {"pwd", "otp"},
                                 absl::Duration ago = absl::ZeroDuration()) {
  static IdGenerator& ids = *new IdGenerator(SystemClock(), SystemRandom());
  const TokenAuthority authority = TestAuthority();
  const auto issuer = access::TokenIssuer::Make(
      {.issuer = authority.issuer, .audience = authority.audience, .key_id = authority.key_id}, authority.key, &clock,
      &ids);
  return issuer
      ->Issue({.user = who.user,
               .organization = who.organization,
               .session = who.session,
               .roles = who.roles,
               .clearances = who.clearances,
               .methods = std::move(methods),
               .auth_time = clock.Now() - ago})
      ->token;
}

inline std::unique_ptr<grpc::ClientContext> WithToken(const std::string& token) {
  auto context = TestService::AsNobody();
  context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
  return context;
}

}  // namespace trellis::testing

#endif  // TRELLIS_TESTS_SUPPORT_FRESH_FACTOR_H_
