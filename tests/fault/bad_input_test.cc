// Each RPC of the five services, with requests that are wrong in every way that its descriptor lets one think of: a
// typed refusal, and nothing is written.
#include <cstdlib>
#include <iostream>
#include <limits>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/bad_input_fixture.h"

namespace trellis::fault {
namespace {

using grpc::StatusCode;

TEST_F(BadInput, EveryServiceIsHere) {
  std::map<std::string, int> methods;
  for (const Method& method : world().methods()) ++methods[method.service];
  EXPECT_EQ(methods.size(), 5u);
  EXPECT_GE(world().methods().size(), 70u);
  EXPECT_GE(world().names().size(), 7u);
  std::cout << "  " << world().methods().size() << " methods\n";
}

TEST_F(BadInput, MalformedBytes) {
  for (const Method& method : world().methods()) {
    for (const std::string& bytes : MalformedBytes(GoodBytes(method))) {
      ExpectRefused(method, "malformed bytes", world().Call(method, bytes).status, {StatusCode::INVALID_ARGUMENT});
    }
  }
}

TEST_F(BadInput, AnEmptyMessageChangesNothing) {
  for (const Method& method : world().methods()) {
    ExpectRefusedOrRead(method, "an empty message", world().Call(method, "").status);
  }
}

// An unknown field of the right form that nobody needs.
std::string Padding(std::uint32_t size) {
  std::string bytes("\xFA\xFF\x03", 3);
  for (std::uint32_t rest = size; rest > 0; rest >>= 7) {
    bytes += static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
  }
  return bytes + std::string(size, 'q');
}

TEST_F(BadInput, Oversized) {
  for (const Method& method : world().methods()) {
    // Beyond what any method takes the transport refuses, in its own words.
    EXPECT_EQ(world().Call(method, Padding(300 * 1024)).status.error_code(), StatusCode::RESOURCE_EXHAUSTED)
        << method.path;
    if (method.policy.max_request_bytes() == 0) continue;
    ExpectRefused(method, "one byte too many", world().Call(method, Padding(method.policy.max_request_bytes())).status,
                  {StatusCode::RESOURCE_EXHAUSTED});
  }
}

TEST_F(BadInput, HugePages) {
  for (const Method& method : world().methods()) {
    const auto request = Sample(method.prototype(), world().names());
    const auto* const size = request->GetDescriptor()->FindFieldByName("page_size");
    if (size == nullptr) continue;
    request->GetReflection()->SetInt32(request.get(), size, std::numeric_limits<int>::max());
    ExpectRefusedOrRead(method, "a huge page", world().Call(method, request->SerializeAsString()).status);
  }
}

TEST_F(BadInput, PageTokensOfNobody) {
  for (const Method& method : world().methods()) {
    const auto* const token = method.descriptor->input_type()->FindFieldByName("page_token");
    if (token == nullptr) continue;
    for (const std::string& text : {std::string("AAAA"), std::string("not a token"), std::string(200, 'A')}) {
      const auto request = Sample(method.prototype(), world().names());
      request->GetReflection()->SetString(request.get(), token, text);
      ExpectRefused(method, "a page token of nobody", world().Call(method, request->SerializeAsString()).status);
    }
  }
}

std::vector<std::string> ForgedTokens(const std::string& good, const std::string& of_somebody_else) {
  const std::vector<std::string> parts = absl::StrSplit(good, '.');
  const std::vector<std::string> other = absl::StrSplit(of_somebody_else, '.');
  std::string signature = parts[2];
  signature[signature.size() / 2] = signature[signature.size() / 2] == 'A' ? 'B' : 'A';
  return {"x",
          "a.b.c",
          absl::StrCat(parts[0], ".", parts[1], "."),
          absl::StrCat(parts[0], ".", parts[1], ".", signature),
          absl::StrCat(parts[0], ".", other[1], ".", parts[2]),                     // somebody else's claims
          absl::StrCat("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.", parts[1], "."),  // {"alg":"none","typ":"at+jwt"}
          absl::StrCat(good, "A"),
          std::string(7000, 'A')};
}

TEST_F(BadInput, TokensThatAreNotGood) {
  for (const Method& method : world().methods()) {
    if (method.IsPublic()) continue;
    const std::string bytes = GoodBytes(method);
    const auto codes = {StatusCode::UNAUTHENTICATED};
    ExpectRefused(method, "no token", world().CallWithToken(method, bytes, "").status, codes);
    ExpectRefused(method, "an expired token", world().CallWithToken(method, bytes, world().ExpiredToken(method)).status,
                  codes);
    for (const std::string& token : ForgedTokens(world().GoodToken(method), world().ExpiredToken(method))) {
      ExpectRefused(method, absl::StrCat("the forged token ", token.substr(0, 40)),
                    world().CallWithToken(method, bytes, token).status, codes);
    }
  }
}

TEST_F(BadInput, CallersWhoMayNot) {
  for (const Method& method : world().methods()) {
    const std::string bytes = GoodBytes(method);
    const auto denied = {StatusCode::PERMISSION_DENIED};
    if (method.IsForServices()) {
      ExpectRefused(method, "a user", world().CallWithToken(method, bytes, world().GoodToken(method)).status, denied);
      ExpectRefused(method, "a stranger's certificate", world().CallAsService(method, bytes, "stranger").status,
                    denied);
    } else if (const std::string token = world().TokenWithoutRole(method); !token.empty()) {
      ExpectRefused(method, "every other role", world().CallWithToken(method, bytes, token).status, denied);
      ExpectRefused(method, "a service", world().CallAsService(method, bytes, "caseload").status,
                    {StatusCode::UNAUTHENTICATED, StatusCode::PERMISSION_DENIED});
    }
  }
}

// Which names of the first tenant a request holds.
std::vector<std::string> HeldNames(const std::string& bytes) {
  std::vector<std::string> held;
  for (const auto& [collection, name] : BadInput::world().names()) {
    if (absl::StrContains(bytes, name)) held.push_back(name);
  }
  return held;
}

// To somebody of another tenant, what is there and what is not there are the same.
TEST_F(BadInput, OtherTenantsSeeNothing) {
  int compared = 0;
  for (const Method& method : world().methods()) {
    if (method.IsPublic() || method.IsForServices() || method.service == "directory") continue;
    const std::string bytes = GoodBytes(method);
    const std::vector<std::string> held = HeldNames(bytes);
    if (held.empty()) continue;
    std::string unknown = bytes;
    for (const std::string& name : held) {
      // Of the same length: the last digits turned.
      std::string other = name;
      for (std::size_t i = other.size() - 12; i < other.size(); ++i) other[i] = other[i] == 'a' ? 'b' : 'a';
      unknown = absl::StrReplaceAll(unknown, {{name, other}});
    }
    const RawAnswer there = world().CallAsForeigner(method, bytes);
    const RawAnswer not_there = world().CallAsForeigner(method, unknown);
    ExpectRefusedOrRead(method, "another tenant's names", there.status);
    EXPECT_EQ(there.status.error_code(), not_there.status.error_code()) << method.path;
    EXPECT_EQ(ReasonOf(there.status), ReasonOf(not_there.status)) << method.path;
    EXPECT_THAT(HeldNames(there.response), ::testing::IsEmpty()) << method.path;
    ++compared;
  }
  EXPECT_GE(compared, 25);
}

// Good requests with bytes changed by chance. Some stay good, so things may be written.
TEST_F(BadInput, RandomDamage) {
  may_write_ = true;
  const char* const given = std::getenv("TRELLIS_FAULT_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "  TRELLIS_FAULT_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  for (const Method& method : world().methods()) {
    if (method.policy.waits()) continue;  // it may well wait
    const std::string good = GoodBytes(method);
    for (int i = 0; i < 40; ++i) {
      std::string bytes = good;
      for (std::uint64_t n = 1 + random() % 3; n > 0 && !bytes.empty(); --n) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      const grpc::Status status = world().Call(method, bytes).status;
      if (!status.ok()) ExpectRefused(method, "random damage", status);
    }
  }
}

}  // namespace
}  // namespace trellis::fault
