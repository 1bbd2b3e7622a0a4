#include "common/testing/private_mariadb.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"

namespace trellis::testing {
namespace {

constexpr char kUser[] = "trellis";
constexpr char kPassword[] = "trellis";

std::string Environment(const char* name, absl::string_view otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::string(otherwise) : std::string(value);
}

// Finds a program also where a plain user's PATH does not look.
std::string Program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  return name;
}

// Starts a program with its output in the file `log`. The kernel ends it with this thread.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  // Only calls that are safe after fork.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int in = open("/dev/null", O_RDONLY);
  dup2(in, 0);
  dup2(out, 1);
  dup2(out, 2);
  for (int descriptor = 3; descriptor < 1024; ++descriptor) close(descriptor);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  int port = 0;
  if (bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port = ntohs(address.sin_port);
  }
  close(probe);
  return port;
}

std::string LastLines(const std::string& file) {
  std::ifstream in(file);
  std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return all.size() > 2000 ? all.substr(all.size() - 2000) : all;
}

db::Settings Administrator() {
  db::Settings settings;
  settings.user = kUser;
  settings.password = kPassword;
  return settings;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PrivateMariaDb>> PrivateMariaDb::Start(std::vector<std::string> arguments) {
  std::unique_ptr<PrivateMariaDb> self(new PrivateMariaDb());
  self->arguments_ = std::move(arguments);
  TRELLIS_RETURN_IF_ERROR(self->Install());
  absl::Status status;
  for (int i = 0; i < 3; ++i) {  // somebody may take the port in between
    self->port_ = FreePort();
    status = self->Launch();
    if (status.ok()) return self;
    self->End(SIGKILL);
  }
  return status;
}

PrivateMariaDb::~PrivateMariaDb() {
  End(SIGKILL);  // nothing in it is needed any more
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

absl::Status PrivateMariaDb::Install() {
  folder_ = Environment("TMPDIR", "/tmp") + "/trellis-db-XXXXXX";
  if (mkdtemp(folder_.data()) == nullptr) return absl::InternalError("cannot make a folder for the database");
  // Not the machine's: a server that starts deletes the temporary tables that it finds, also those of another server.
  const std::string temporary = folder_ + "/tmp";
  mkdir(temporary.c_str(), 0777);
  std::vector<std::string> command = {Program("mariadb-install-db"),
                                      "--no-defaults",
                                      absl::StrCat("--datadir=", folder_, "/data"),
                                      "--auth-root-authentication-method=normal",
                                      "--skip-test-db",
                                      absl::StrCat("--tmpdir=", temporary),
                                      "--skip-name-resolve"};
  if (const passwd* mysql = getuid() == 0 ? getpwnam("mysql") : nullptr; mysql != nullptr) {
    command.push_back("--user=mysql");
    if (chown(folder_.c_str(), mysql->pw_uid, mysql->pw_gid) != 0 ||
        chown(temporary.c_str(), mysql->pw_uid, mysql->pw_gid) != 0) {
      return absl::InternalError("cannot give the folder to the user mysql");
    }
  }
  chmod(folder_.c_str(), 0755);
  std::ofstream(folder_ + "/init.sql") << "CREATE USER IF NOT EXISTS '" << kUser << "'@'%' IDENTIFIED BY '" << kPassword
                                       << "';\nGRANT ALL ON *.* TO '" << kUser << "'@'%' WITH GRANT OPTION;\n"
                                       << "DELETE FROM mysql.global_priv WHERE User = '';\nFLUSH PRIVILEGES;\n";
  const pid_t pid = Spawn(command, folder_ + "/install.log");
  int state = 0;
  waitpid(pid, &state, 0);
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("mariadb-install-db failed: ", LastLines(folder_ + "/install.log")));
}

absl::Status PrivateMariaDb::Launch() {
  std::vector<std::string> command = {
      Program("mariadbd"), "--no-defaults", absl::StrCat("--datadir=", folder_, "/data"),
      absl::StrCat("--socket=", folder_, "/s.sock"), absl::StrCat("--pid-file=", folder_, "/pid"),
      absl::StrCat("--init-file=", folder_, "/init.sql"), absl::StrCat("--port=", port_), "--bind-address=127.0.0.1",
      "--skip-name-resolve", "--max-connections=400",
      absl::StrCat("--tmpdir=", folder_, "/tmp"),
      // What production needs: common/db/server_settings.cc refuses a server without it.
      "--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1", "--innodb-doublewrite=ON",
      "--innodb-snapshot-isolation=ON", "--innodb-rollback-on-timeout=ON", "--innodb-lock-wait-timeout=3",
      "--max-statement-time=10", "--local-infile=OFF", "--character-set-server=utf8mb4",
      "--collation-server=utf8mb4_unicode_520_ci",
      "--sql-mode=ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
      "NO_ENGINE_SUBSTITUTION",
      // Small, for a machine that does other things too.
      "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=64M", "--innodb-print-all-deadlocks=OFF"};
  if (getuid() == 0) command.push_back("--user=mysql");
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  pid_ = Spawn(command, folder_ + "/server.log");
  return AwaitReady();
}

absl::Status PrivateMariaDb::AwaitReady() {
  db::PoolOptions options;
  options.warm = 0;
  TRELLIS_ASSIGN_OR_RETURN(const std::unique_ptr<db::Pool> pool, db::Pool::Open(OverSocket(), options, nullptr));
  const absl::Time end = absl::Now() + absl::Seconds(60);
  while (absl::Now() < end) {
    if (pool->Ping(end).ok()) return absl::OkStatus();
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return absl::UnavailableError(absl::StrCat("mariadbd does not start: ", LastLines(folder_ + "/server.log")));
}

void PrivateMariaDb::End(int signal) {
  if (pid_ == 0) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void PrivateMariaDb::Kill() { End(SIGKILL); }
void PrivateMariaDb::Stop() { End(SIGTERM); }

absl::Status PrivateMariaDb::Restart() {
  Stop();
  return Launch();
}

db::Settings PrivateMariaDb::OverSocket() const {
  db::Settings settings = Administrator();
  settings.unix_socket = folder_ + "/s.sock";
  return settings;
}

db::Settings PrivateMariaDb::OverTcp() const {
  db::Settings settings = Administrator();
  settings.host = "127.0.0.1";
  settings.port = port_;
  return settings;
}

const db::Settings& PrivateMariaDb::Shared() {
  static const db::Settings* const shared = [] {
    auto* const settings = new db::Settings(Administrator());
    settings->host = Environment("TRELLIS_TEST_DB_HOST", "");
    settings->unix_socket = Environment("TRELLIS_TEST_DB_SOCKET", "");
    if (!absl::SimpleAtoi(Environment("TRELLIS_TEST_DB_PORT", "3306"), &settings->port)) settings->port = 3306;
    settings->user = Environment("TRELLIS_TEST_DB_USER", kUser);
    settings->password = Environment("TRELLIS_TEST_DB_PASSWORD", kPassword);
    if (!settings->host.empty() || !settings->unix_socket.empty()) return settings;
    static absl::StatusOr<std::unique_ptr<PrivateMariaDb>> server = Start();  // ends with the process
    if (!server.ok()) {
      std::cerr << "no database for the tests: " << server.status() << std::endl;
      std::exit(1);
    }
    *settings = (*server)->OverSocket();
    settings->host = "127.0.0.1";  // for those who need TCP
    settings->port = (*server)->port();
    return settings;
  }();
  return *shared;
}

}  // namespace trellis::testing
