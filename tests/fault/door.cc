#include "tests/fault/door.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/fault/child.h"
#include "tests/fault/loopback.h"

namespace trellis::fault {
namespace {

// Debian puts it where only root's PATH looks.
std::string Program() {
  const char* const path = std::getenv("PATH");
  for (const absl::string_view folder : absl::StrSplit(absl::StrCat(path == nullptr ? "" : path, ":/usr/sbin"), ':')) {
    std::string program = absl::StrCat(folder, "/haproxy");
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

std::string Contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Door>> Door::Start(Options options, int port, int http_port) {
  std::string program = Program();
  if (program.empty()) return absl::NotFoundError("haproxy is not installed: common/scripts/install does that");
  std::unique_ptr<Door> door(new Door(options.folder, port, http_port));
  std::vector<std::string> variables = {absl::StrCat("DOOR_LISTEN=127.0.0.1:", port),
                                        absl::StrCat("DOOR_HTTP=127.0.0.1:", http_port),
                                        absl::StrCat("DOOR_CERTIFICATE=", options.folder, "/tls/door/tls.crt"),
                                        absl::StrCat("DOOR_CA=", options.folder, "/tls/ca.crt")};
  for (const auto& [name, value] : options.variables) variables.push_back(absl::StrCat(name, "=", value));
  door->pid_ = StartChild({program, "-db", "-f", absl::StrCat(TRELLIS_SOURCE_DIR, "/services/door/haproxy.cfg")},
                          variables, door->log());
  for (const absl::Time limit = absl::Now() + absl::Seconds(20); !door->Lives();
       absl::SleepFor(absl::Milliseconds(20))) {
    if (absl::Now() > limit)
      return absl::InternalError(absl::StrCat("the door does not open: ", Contents(door->log())));
  }
  return door;
}

Door::~Door() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool Door::Lives() const { return absl::StrContains(HttpGet(http_port_, "/livez"), " 200 "); }
std::string Door::Metrics() const { return HttpGet(http_port_, "/metrics"); }

}  // namespace trellis::fault
