// Every token of the corpus, shown to every RPC of the five services over real channels: none is accepted.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/fault/bad_input_fixture.h"
#include "tests/fault/loopback.h"
#include "tests/unit/common/access/token_corpus.h"

namespace trellis::fault {
namespace {

using grpc::StatusCode;

// What a client can put into its metadata at all; the rest the verifier's own test tries.
bool CanBeSent(const std::string& token) {
  return token.size() < 7 * 1024 && std::all_of(token.begin(), token.end(), [](char c) {
           return absl::ascii_isprint(static_cast<unsigned char>(c));
         });
}

class BadToken : public BadInput {
 protected:
  // Good ones of the first tenant's user are the pattern.
  static access::BadTokens Corpus(const std::string& keys_elsewhere = "https://evil.test/keys") {
    const testing::TokenAuthority authority = testing::TestAuthority();
    const Method& any = world().methods().front();
    return access::TokenForge({.key = authority.key,
                               .key_id = authority.key_id,
                               .issuer = authority.issuer,
                               .audience = authority.audience,
                               .user = world().native().user,
                               .organization = world().native().organization,
                               .session = world().native().session,
                               .now = absl::Now(),
                               .issue = [&any] { return world().GoodToken(any); },
                               .keys_elsewhere = keys_elsewhere})
        .All();
  }

  static std::vector<const Method*> GuardedMethods() {
    std::vector<const Method*> guarded;
    for (const Method& method : world().methods()) {
      if (!method.IsPublic()) guarded.push_back(&method);
    }
    return guarded;
  }
};

TEST_F(BadToken, NoneIsAcceptedAnywhere) {
  const auto started = std::chrono::steady_clock::now();
  const access::BadTokens corpus = Corpus();
  const std::vector<const Method*> methods = GuardedMethods();
  int tokens = 0;
  for (const auto& [what, token] : corpus) {
    if (!CanBeSent(token)) continue;
    ++tokens;
    for (const Method* const method : methods) {
      ExpectRefused(*method, absl::StrCat("the token: ", what),
                    world().CallWithToken(*method, GoodBytes(*method), token).status, {StatusCode::UNAUTHENTICATED});
    }
  }
  EXPECT_GE(tokens, 150);
  EXPECT_GE(methods.size(), 75u);
  const auto took = std::chrono::steady_clock::now() - started;
  std::cout << "  " << tokens << " tokens x " << methods.size() << " RPCs, "
            << std::chrono::duration_cast<std::chrono::seconds>(took).count() << " s\n";
}

// Tokens that say where their key is to be fetched, at an address where somebody would notice.
TEST_F(BadToken, NobodyFetchesTheKeysThatATokenNames) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int port = FreePort();
  const sockaddr_in address = Loopback(port);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  const std::string keys = absl::StrCat("http://127.0.0.1:", port, "/keys");
  int shown = 0;
  for (const auto& [what, token] : Corpus(keys)) {
    if (!absl::StartsWith(what, "header with ") || !CanBeSent(token)) continue;
    for (const Method* const method : GuardedMethods()) {
      ExpectRefused(*method, what, world().CallWithToken(*method, GoodBytes(*method), token).status,
                    {StatusCode::UNAUTHENTICATED});
      ++shown;
    }
  }
  EXPECT_GT(shown, 500);
  pollfd waiting = {listener, POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 1000), 0) << "somebody has connected";
  close(listener);
}

// Whose organization a call is in, its token says, and nothing else.
TEST_F(BadToken, MetadataNamesNoOrganization) {
  const std::string organization = world().native().organization.ToString();
  int refused = 0;
  for (const Method* const method : GuardedMethods()) {
    if (method->IsForServices() || !method->IsRead()) continue;
    const grpc::Status plain = world().CallAsForeigner(*method, GoodBytes(*method)).status;
    for (const char* name : {"organization", "x-organization", "x-organization-id", "x-tenant-id", "tenant", "tid"}) {
      for (const std::string& value : {organization, absl::StrCat("organizations/", organization)}) {
        world().SetMetadata({{name, value}});
        const grpc::Status status = world().CallAsForeigner(*method, GoodBytes(*method)).status;
        EXPECT_EQ(status.error_code(), plain.error_code()) << method->path << " with " << name;
        refused += status.ok() ? 0 : 1;
      }
    }
    world().SetMetadata({});
  }
  EXPECT_GT(refused, 200);
}

TEST_F(BadToken, AGoodTokenInTheWrongClothesIsRefused) {
  for (const Method* const method : GuardedMethods()) {
    const std::string good = world().GoodToken(*method);
    const std::vector<std::vector<std::string>> entries = {
        {absl::StrCat("Bearer ", good), absl::StrCat("Bearer ", good)},
        {"Bearer x", absl::StrCat("Bearer ", good)},
        {absl::StrCat("bearer ", good)},
        {absl::StrCat("BEARER ", good)},
        {absl::StrCat("Bearer  ", good)},
        {absl::StrCat("Bearer\t", good)},
        {absl::StrCat("Basic ", good)},
        {absl::StrCat("DPoP ", good)},
        {good},
        {"Bearer"},
        {"Bearer "},
        {absl::StrCat("Bearer ", good, " ", good)},
        {absl::StrCat("Bearer ", good, ",Bearer ", good)}};
    for (const std::vector<std::string>& values : entries) {
      if (!std::all_of(values.begin(), values.end(), CanBeSent)) continue;
      ExpectRefused(*method, absl::StrCat("the entry ", values[0].substr(0, 16)),
                    world().CallWithAuthorization(*method, GoodBytes(*method), values).status,
                    {StatusCode::UNAUTHENTICATED});
    }
  }
}

}  // namespace
}  // namespace trellis::fault
