// Who may include what. Each rule: files whose path matches `where` may not include a path that matches `what`.
#include <regex>

#include "gtest/gtest.h"
#include "tests/contract/source_files.h"

namespace trellis::contract {
namespace {

struct Rule {
  const char* where;
  const char* what;
  const char* why;
};

constexpr Rule kRules[] = {
    {"common/base/.*", "(common/(?!base/)|grpc|google/|trellis/|cppconn|openssl).*", "base stands on Abseil alone"},
    {"(?!common/db/[^/]*\\.cc$).*", "(cppconn|mysql).*", "only common/db/*.cc talks to the connector"},
    {"common/db/.*", "(common/(rpc|access|feed|runtime|metrics|testing)/|grpc).*", "the database layer knows no RPC"},
    {"common/seal/.*", "(common/(rpc|access|feed|runtime|metrics|testing)/|grpc).*", "sealing knows no RPC"},
    {"common/rpc/.*", "common/(seal|db|access|feed|runtime|testing)/.*", "the RPC layer knows no database"},
    {"common/.*", "services/.*", "common serves the services, not the reverse"},
    {"(common/(?!testing/)|services/).*", "common/testing/(?!fault_point\\.h).*",
     "of the test helpers only the header of fault points ships"},
    {"services/[a-z]+/domain/.*", "(common/(?!base/)|grpc|google/|cppconn|trellis/).*", "the domain is pure C++"},
    {"services/[a-z]+/domain/.*", "services/[a-z]+/(storage|api)/.*", "the domain knows neither tables nor RPCs"},
    {"services/[a-z]+/storage/.*", "services/[a-z]+/api/.*", "storage does not know who asks"},
    {"services/[a-z]+/storage/.*", "(grpcpp|common/rpc)/.*", "storage does not know who asks"},
    {"services/cli/.*", "(services/(?!cli/)|common/(db|feed|runtime|access)/).*",
     "the command is an app like any other"},
    // floors: a service uses the contracts of services below its own, never sideways or up
    {"services/(identity|directory)/.*", "(.*/)?trellis/(assessment|referral|caseload)/.*", "floor 0 calls nobody"},
    {"services/identity/.*", "(.*/)?trellis/directory/.*", "floor 0 calls nobody"},
    {"services/directory/.*", "(.*/)?trellis/identity/.*\\.grpc\\.pb\\.h", "floor 0 calls nobody"},
    {"services/assessment/.*", "(.*/)?trellis/(referral|caseload)/.*", "calls go down"},
    {"services/referral/.*", "(.*/)?trellis/caseload/.*", "calls go down"},
};

std::vector<SourceFile> Sources() {
  std::vector<SourceFile> all = FilesBelow("common", {".h", ".cc"});
  for (SourceFile& file : FilesBelow("services", {".h", ".cc"})) all.push_back(std::move(file));
  return all;
}

TEST(IncludeRules, AreKept) {
  const std::vector<SourceFile> sources = Sources();
  ASSERT_GT(sources.size(), 5u);
  for (const Rule& rule : kRules) {
    const std::regex where(rule.where);
    const std::regex what(rule.what);
    for (const SourceFile& file : sources) {
      if (!std::regex_match(file.path, where)) continue;
      for (const std::string& include : Includes(file)) {
        EXPECT_FALSE(std::regex_match(include, what)) << file.path << " includes " << include << ": " << rule.why;
      }
    }
  }
}

TEST(IncludeRules, NoServiceIncludesAnotherServicesCode) {
  const std::regex service("services/([a-z]+)/.*");
  for (const SourceFile& file : Sources()) {
    std::smatch own;
    if (!std::regex_match(file.path, own, service)) continue;
    for (const std::string& include : Includes(file)) {
      std::smatch other;
      if (!std::regex_match(include, other, service)) continue;
      EXPECT_EQ(own[1], other[1]) << file.path << " includes " << include;
    }
  }
}

TEST(IncludeRules, TheConnectorsCallsThatHideFailureAreNotUsed) {
  const std::regex hidden("(->|\\.)(commit|rollback|setAutoCommit)\\(");
  for (const SourceFile& file : FilesBelow("common/db", {".cc"})) {
    EXPECT_FALSE(std::regex_search(file.text, hidden)) << file.path;
  }
}

TEST(IncludeRules, ContractsPointDownwards) {
  const std::vector<std::pair<std::string, std::string>> forbidden = {
      {"identity", "directory|assessment|referral|caseload"},
      {"directory", "identity|assessment|referral|caseload"},
      {"assessment", "referral|caseload|directory"},
      {"referral", "caseload|assessment"},
      {"types", "identity|directory|assessment|referral|caseload|events"},
  };
  for (const auto& [service, others] : forbidden) {
    const std::regex import("import \"trellis/(" + others + ")/");
    for (const SourceFile& file : FilesBelow("protos/trellis/" + service, {".proto"})) {
      EXPECT_FALSE(std::regex_search(file.text, import)) << file.path;
    }
  }
}

}  // namespace
}  // namespace trellis::contract
