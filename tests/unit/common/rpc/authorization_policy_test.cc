#include "common/rpc/authorization_policy.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::rpc {
namespace {

using ::testing::HasSubstr;

constexpr char kCaseload[] = "spiffe://trellis.local/svc/caseload";
constexpr char kReferral[] = "spiffe://trellis.local/svc/referral";

AuthorizationPolicy Parsed(const std::string& rules) {
  auto policy = AuthorizationPolicy::Parse(absl::StrCat(R"({"name": "test", )", rules, "}"));
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

// {"name": "r", "source": {"principals": [principals]}, "request": {"paths": [paths]}}
std::string Rule(const std::string& principals, const std::string& paths) {
  return absl::StrCat(R"({"name": "r", "source": {"principals": [)", principals, R"(]}, "request": {"paths": [)", paths,
                      "]}}");
}

TEST(AuthorizationPolicy, AllowsWhatARuleNamesAndNothingElse) {
  const auto policy =
      Parsed(absl::StrCat(R"("allow_rules": [)", Rule(absl::StrCat("\"", kCaseload, "\""), R"("/a.B/C")"), "]"));
  EXPECT_TRUE(policy.Allows(kCaseload, "/a.B/C"));
  EXPECT_FALSE(policy.Allows(kCaseload, "/a.B/D"));
  EXPECT_FALSE(policy.Allows(kCaseload, "/a.B/CC"));
  EXPECT_FALSE(policy.Allows(kReferral, "/a.B/C"));
  EXPECT_FALSE(policy.Allows("", "/a.B/C"));
}

TEST(AuthorizationPolicy, PatternsEndOrBeginWithAStar) {
  const auto policy =
      Parsed(absl::StrCat(R"("allow_rules": [)", Rule(R"("spiffe://trellis.local/*")", R"("/a.B/*", "*/Check")"), "]"));
  EXPECT_TRUE(policy.Allows(kCaseload, "/a.B/Anything"));
  EXPECT_TRUE(policy.Allows(kReferral, "/other.Service/Check"));
  EXPECT_FALSE(policy.Allows(kReferral, "/other.Service/Checks"));
  EXPECT_FALSE(policy.Allows("spiffe://elsewhere/svc/caseload", "/a.B/C"));
}

TEST(AuthorizationPolicy, AStarIsAnythingButNothing) {
  const auto policy = Parsed(absl::StrCat(R"("allow_rules": [)", Rule(R"("*")", R"("*")"), "]"));
  EXPECT_TRUE(policy.Allows("anybody", "/a.B/C"));
  EXPECT_FALSE(policy.Allows("", "/a.B/C"));
}

TEST(AuthorizationPolicy, NoListIsAnythingAndNothingToo) {
  const auto policy = Parsed(R"("allow_rules": [{"name": "open", "request": {"paths": ["/a.B/C"]}}])");
  EXPECT_TRUE(policy.Allows("", "/a.B/C"));
  EXPECT_TRUE(policy.Allows(kCaseload, "/a.B/C"));
  EXPECT_FALSE(policy.Allows("", "/a.B/D"));
}

TEST(AuthorizationPolicy, DenyingWins) {
  const auto policy = Parsed(absl::StrCat(R"("deny_rules": [)", Rule("\"*/referral\"", R"("/a.B/C")"),
                                          R"(], "allow_rules": [)", Rule(R"("*")", R"("/a.B/*")"), "]"));
  EXPECT_FALSE(policy.Allows(kReferral, "/a.B/C"));
  EXPECT_TRUE(policy.Allows(kReferral, "/a.B/D"));
  EXPECT_TRUE(policy.Allows(kCaseload, "/a.B/C"));
}

// What is meant as a lock and not understood must not be taken for an open door.
TEST(AuthorizationPolicy, WhatIsNotUnderstoodIsRefused) {
  const std::pair<const char*, const char*> table[] = {
      {"", "JSON object"},
      {"[]", "JSON object"},
      {R"({"name": "x", "name": "y"})", "JSON object"},
      {R"({"name": "x"})", "policy.allow_rules is required"},
      {R"({"name": "x", "allow_rules": []})", "policy.allow_rules is required"},
      {R"({"allow_rules": [{"name": "r"}]})", "policy.name is required"},
      {R"({"name": "", "allow_rules": [{"name": "r"}]})", "policy.name is required"},
      {R"({"name": "x", "allow_rules": {}})", "allow_rules is no list"},
      {R"({"name": "x", "allow_rules": ["r"]})", "allow_rules[0] is no object"},
      {R"({"name": "x", "allow_rules": [{}]})", "allow_rules[0].name is required"},
      {R"({"name": "x", "allow_rules": [{"name": "r", "sources": {}}]})", "allow_rules[0].sources is not known"},
      {R"({"name": "x", "allow_rules": [{"name": "r", "request": {"headers": []}}]})",
       "allow_rules[0].request.headers is not known"},
      {R"({"name": "x", "allow_rules": [{"name": "r", "request": {"paths": "/a.B/C"}}]})",
       "allow_rules[0].request.paths is no list"},
      {R"({"name": "x", "allow_rules": [{"name": "r", "request": {"paths": [7]}}]})", "at most one *"},
      {R"({"name": "x", "allow_rules": [{"name": "r", "request": {"paths": [""]}}]})", "at most one *"},
      {R"({"name": "x", "allow_rules": [{"name": "r", "request": {"paths": ["/a*/C"]}}]})", "at most one *"},
      {R"({"name": "x", "allow_rules": [{"name": "r", "request": {"paths": ["*/a*"]}}]})", "at most one *"},
      {R"({"name": "x", "deny_rules": [{"name": "d", "source": {"ips": []}}], "allow_rules": [{"name": "r"}]})",
       "deny_rules[0].source.ips is not known"},
  };
  for (const auto& [text, what] : table) {
    const auto policy = AuthorizationPolicy::Parse(text);
    EXPECT_EQ(policy.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(policy.status().message(), HasSubstr(what)) << text;
  }
}

}  // namespace
}  // namespace trellis::rpc
