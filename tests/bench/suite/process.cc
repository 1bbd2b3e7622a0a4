#include "tests/bench/suite/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace trellis::bench {
namespace {

std::string Contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}

// All that the machine's cores have done since it started: everything but idle and waiting for disks.
absl::Duration MachineBusy() {
  std::ifstream in("/proc/stat");
  std::string name;
  long long user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft_irq = 0, steal = 0;
  in >> name >> user >> nice >> system >> idle >> wait >> irq >> soft_irq >> steal;
  return absl::Seconds(1) * (user + nice + system + irq + soft_irq + steal) / sysconf(_SC_CLK_TCK);
}

double Megabytes(const std::string& rollup, const std::string& key) {
  const std::size_t at = rollup.find("\n" + key + ":");
  return at == std::string::npos ? 0 : std::strtod(rollup.c_str() + at + key.size() + 2, nullptr) / 1024;
}

}  // namespace

void Die(const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "trellis_bench: %s\n", what.c_str());
  std::exit(1);
}

Process::Process(const std::vector<std::string>& command, std::string log) : log_(std::move(log)) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ != 0) return;
  // Only calls that are safe after fork.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out, 1);
  dup2(out, 2);
  for (int descriptor = 3; descriptor < 1024; ++descriptor) close(descriptor);
  execv(arguments[0], arguments.data());
  _exit(127);
}

Process::~Process() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::Pause() { kill(pid_, SIGSTOP); }
void Process::Resume() { kill(pid_, SIGCONT); }

void Process::MustSucceed() {
  int state = 0;
  waitpid(std::exchange(pid_, 0), &state, 0);
  if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) Die(absl::StrCat("a program failed:\n", LastOutput()));
}

bool Process::running() {
  if (pid_ != 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
  return pid_ != 0;
}

std::string Process::LastOutput() const {
  std::string all = Contents(log_);
  return all.size() > 2000 ? all.substr(all.size() - 2000) : all;
}

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(probe, raw, size) != 0 || getsockname(probe, raw, &size) != 0) Die("no free port");
  close(probe);
  return ntohs(address.sin_port);
}

absl::Duration CpuTimeOf(pid_t process) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    Die(absl::StrCat("process ", process, " has ended"));
  }
  return absl::DurationFromTimespec(time);
}

Memory MemoryOf(pid_t process) {
  const std::string rollup = Contents(absl::StrCat("/proc/", process, "/smaps_rollup"));
  return {.rss_mb = Megabytes(rollup, "Rss"), .pss_mb = Megabytes(rollup, "Pss")};
}

Noise::Noise(std::vector<pid_t> ours)
    : ours_(std::move(ours)), start_(absl::Now()), busy_at_start_(MachineBusy()), ours_at_start_(Ours()) {}

absl::Duration Noise::Ours() const {
  absl::Duration sum = CpuTimeOf(0);
  for (const pid_t process : ours_) sum += CpuTimeOf(process);
  return sum;
}

double Noise::OthersPercent() const {
  const absl::Duration others = (MachineBusy() - busy_at_start_) - (Ours() - ours_at_start_);
  const double cores = std::max(1u, std::thread::hardware_concurrency());
  return std::max(0.0, 100 * absl::FDivDuration(others, (absl::Now() - start_) * cores));
}

std::string LoadAverage() {
  std::ifstream in("/proc/loadavg");
  std::string one, five;
  in >> one >> five;
  return absl::StrCat(one, " (1 min), ", five, " (5 min)");
}

}  // namespace trellis::bench
