// No service starts that does not know whose tokens to believe, with which keys, and who it is itself.
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/child.h"

namespace trellis::fault {
namespace {

using ::testing::HasSubstr;

constexpr int kWrongSettings = 2;

class MissingSettings : public ::testing::TestWithParam<const char*> {
 protected:
  // Ends by itself: there is no database behind this socket, and a setting is missing besides.
  void ExpectRefused(const std::vector<std::string>& flags, const std::string& what) {
    const std::string log = absl::StrCat(::testing::TempDir(), "trellis-settings-", getpid(), ".log");
    std::vector<std::string> words = {absl::StrCat(TRELLIS_BINARIES, "/trellis-", GetParam()), "serve"};
    words.insert(words.end(), flags.begin(), flags.end());
    const pid_t pid = StartChild(std::move(words), {}, log);
    int state = 0;
    waitpid(pid, &state, 0);
    std::ostringstream said;
    said << std::ifstream(log).rdbuf();
    std::filesystem::remove(log);
    EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == kWrongSettings) << what;
    EXPECT_THAT(said.str(), HasSubstr(what));
  }

  std::vector<std::string> All() const {
    std::vector<std::string> flags = {"--issuer=i",
                                      "--audience=a",
                                      "--tls-cert=c",
                                      "--tls-key=k",
                                      "--tls-ca=ca",
                                      "--key-ring=r",
                                      "--db-socket=/nonexistent"};
    if (GetParam() != std::string("identity")) flags.push_back("--peer-identity=localhost:1");
    return flags;
  }
};

TEST_P(MissingSettings, AreEachAReasonNotToStart) {
  for (const std::string& flag : All()) {
    const std::string name = flag.substr(0, flag.find('='));
    if (name == "--db-socket") continue;
    std::vector<std::string> flags = All();
    auto& found = *std::find(flags.begin(), flags.end(), flag);
    found = name + "=";
    ExpectRefused(flags, name);
    if (name == "--peer-identity") continue;  // left out, it is the neighbour on this machine
    std::erase(flags, name + "=");
    ExpectRefused(flags, name);
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachService, MissingSettings,
                         ::testing::Values("identity", "directory", "assessment", "referral", "caseload"),
                         [](const auto& service) { return std::string(service.param); });

}  // namespace
}  // namespace trellis::fault
