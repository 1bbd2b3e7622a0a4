#include "tests/fault/fleet.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "tests/fault/child.h"
#include "tests/fault/loopback.h"

namespace trellis::fault {
namespace {

// Before there is any other thread: mariadbd gets a disk that is slow now and then. TRELLIS_SLOW_DISK_MS=0 in the
// environment makes it a good one.
void SlowDownTheDisk() {
  setenv("TRELLIS_SLOW_DISK_MS", "150", /*overwrite=*/0);
  setenv("TRELLIS_SLOW_DISK_EVERY", "40", /*overwrite=*/0);
  setenv("LD_PRELOAD", TRELLIS_SLOW_DISK, /*overwrite=*/1);
}

// The environment without what is meant for mariadbd.
std::vector<std::string> EnvironmentOfServices() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!absl::StartsWith(*variable, "LD_PRELOAD=")) variables.push_back(*variable);
  }
  return variables;
}

std::string Contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}

std::string End(const std::string& path, std::size_t size = 1500) {
  const std::string text = Contents(path);
  return text.size() <= size ? text : text.substr(text.size() - size);
}

}  // namespace

const std::vector<std::string>& Fleet::Services() {
  static const auto* const services = new std::vector<std::string>{"identity", "assessment", "caseload"};
  return *services;
}

std::vector<std::string> Fleet::Targets() {
  std::vector<std::string> targets = Services();
  targets.push_back(kDatabase);
  return targets;
}

absl::StatusOr<std::unique_ptr<Fleet>> Fleet::StartDatabase(std::vector<std::string> database_arguments) {
  std::unique_ptr<Fleet> fleet(new Fleet());
  TRELLIS_RETURN_IF_ERROR(fleet->Prepare(std::move(database_arguments)));
  return fleet;
}

absl::StatusOr<std::unique_ptr<Fleet>> Fleet::Start(std::vector<std::string> database_arguments) {
  TRELLIS_ASSIGN_OR_RETURN(std::unique_ptr<Fleet> fleet, StartDatabase(std::move(database_arguments)));
  for (const std::string& service : Services()) {
    std::vector<std::string> arguments = fleet->DatabaseArguments(service);
    arguments.insert(arguments.begin(), "migrate");
    if (fleet->Run(service, arguments) != 0) {
      return absl::InternalError(absl::StrCat(service, " does not migrate: ", End(fleet->LogOf(service))));
    }
  }
  std::vector<std::string> bootstrap = fleet->DatabaseArguments("identity");
  bootstrap.insert(bootstrap.begin(), {"bootstrap", absl::StrCat("--login=", kAdministrator),
                                       absl::StrCat("--password-file=", fleet->folder_, "/password"),
                                       absl::StrCat("--key-ring=", fleet->RingOf("identity"))});
  if (fleet->Run("identity", bootstrap) != 0) {
    return absl::InternalError(absl::StrCat("no first administrator: ", End(fleet->LogOf("identity"))));
  }
  for (const std::string& service : Services()) TRELLIS_RETURN_IF_ERROR(fleet->Revive(service));
  TRELLIS_RETURN_IF_ERROR(fleet->AwaitReady(absl::Seconds(60)));
  return fleet;
}

Fleet::~Fleet() {
  for (const std::string& service : Services()) Kill(service);
  database_.reset();
  std::error_code ignored;
  if (!keep_folder_ && !folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

absl::Status Fleet::Prepare(std::vector<std::string> database_arguments) {
  const char* const temporary = std::getenv("TMPDIR");
  folder_ = absl::StrCat(temporary == nullptr ? "/tmp" : temporary, "/trellis-fault-XXXXXX");
  if (mkdtemp(folder_.data()) == nullptr) return absl::InternalError("cannot make a folder");
  std::ofstream(folder_ + "/password") << kPassword << "\n";
  const std::string authority = absl::StrCat("'", TRELLIS_SOURCE_DIR, "/common/scripts/local-ca' '", folder_, "/tls' ",
                                             absl::StrJoin(Services(), " "), " directory door");
  if (std::system(authority.c_str()) != 0) return absl::InternalError("cannot make certificates");
  for (const std::string& service : Services()) {
    const std::string ring =
        absl::StrCat("'", TRELLIS_SOURCE_DIR, "/common/scripts/key-ring' make '", RingOf(service), "'");
    if (std::system(ring.c_str()) != 0) return absl::InternalError("cannot make a key ring");
  }
  const std::string audit_key =
      absl::StrCat("mkdir '", AuditFolder(), "' && openssl genpkey -algorithm ed25519 -out '", AuditFolder(),
                   "/key.pem' && openssl pkey -in '", AuditFolder(),
                   "/key.pem' -pubout -outform DER | tail -c 32 | base64 > '", AuditFolder(), "/public-key'");
  if (std::system(audit_key.c_str()) != 0) return absl::InternalError("cannot make a key for the audit");
  for (const std::string& service : Services()) processes_[service] = {0, FreePort(), FreePort()};
  database_port_ = FreePort();
  database_arguments.push_back(absl::StrCat("--port=", database_port_));
  SlowDownTheDisk();
  TRELLIS_ASSIGN_OR_RETURN(database_, testing::PrivateMariaDb::Start(std::move(database_arguments)));
  std::ofstream(folder_ + "/db-password") << database_->OverSocket().password << "\n";
  return MakeSchemas();
}

absl::Status Fleet::Sql(const std::string& statement) {
  db::PoolOptions options;
  options.warm = 0;
  TRELLIS_ASSIGN_OR_RETURN(const auto pool, db::Pool::Open(database_->OverSocket(), options, nullptr));
  return pool->ReadUnpooled(absl::Now() + absl::Seconds(30), absl::Seconds(30),
                            [&](db::Session& session) { return session.ExecuteText(statement); });
}

absl::StatusOr<std::unique_ptr<db::Pool>> Fleet::OpenSchema(const std::string& service) {
  db::Settings settings = database_->OverSocket();
  settings.schema = absl::StrCat("trellis_", service);
  db::PoolOptions options;
  options.warm = 0;
  return db::Pool::Open(std::move(settings), options, nullptr);
}

absl::Status Fleet::MakeSchemas() {
  for (const std::string& service : Services()) {
    TRELLIS_RETURN_IF_ERROR(Sql(
        absl::StrCat("CREATE DATABASE trellis_", service, " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci")));
  }
  return absl::OkStatus();
}

std::string Fleet::AddressOf(const std::string& service) const {
  return absl::StrCat("127.0.0.1:", processes_.at(service).port);
}

std::string Fleet::RingOf(const std::string& service) const {
  return absl::StrCat(folder_, "/keys/", service, "/ring");
}

std::string Fleet::authority() const { return Contents(folder_ + "/tls/ca.crt"); }
std::string Fleet::CertificateOf(const std::string& name) const {
  return Contents(absl::StrCat(folder_, "/tls/", name, "/tls.crt"));
}
std::string Fleet::KeyOf(const std::string& name) const {
  return Contents(absl::StrCat(folder_, "/tls/", name, "/tls.key"));
}
std::string Fleet::AuditFolder() const { return absl::StrCat(folder_, "/audit"); }
std::string Fleet::CheckpointsOf(const std::string& service) const {
  return absl::StrCat(AuditFolder(), "/", service, ".checkpoints");
}
std::string Fleet::LogOf(const std::string& service) const { return absl::StrCat(folder_, "/", service, ".log"); }

std::vector<std::string> Fleet::DatabaseArguments(const std::string& service) const {
  return {"--db-host=127.0.0.1", absl::StrCat("--db-port=", database_port_),
          absl::StrCat("--db-schema=trellis_", service), absl::StrCat("--db-user=", database_->OverSocket().user),
          absl::StrCat("--db-password-file=", folder_, "/db-password")};
}

std::vector<std::string> Fleet::ServeArguments(const std::string& service) const {
  const std::string tls = absl::StrCat(folder_, "/tls/");
  std::vector<std::string> arguments = {"serve",
                                        absl::StrCat("--listen=", AddressOf(service)),
                                        absl::StrCat("--http-listen=127.0.0.1:", processes_.at(service).http_port),
                                        absl::StrCat("--tls-cert=", tls, service, "/tls.crt"),
                                        absl::StrCat("--tls-key=", tls, service, "/tls.key"),
                                        absl::StrCat("--tls-ca=", tls, "ca.crt"),
                                        absl::StrCat("--key-ring=", RingOf(service)),
                                        absl::StrCat("--audit-key=", AuditFolder(), "/key.pem"),
                                        absl::StrCat("--audit-checkpoints=", CheckpointsOf(service)),
                                        absl::StrCat("--audit-spool=", AuditFolder()),
                                        "--issuer=https://identity.trellis.local",
                                        "--audience=trellis"};
  for (const std::string& argument : DatabaseArguments(service)) arguments.push_back(argument);
  if (service != "identity") arguments.push_back(absl::StrCat("--peer-identity=", AddressOf("identity")));
  if (service == "caseload") {
    arguments.push_back(absl::StrCat("--peer-assessment=", AddressOf("assessment")));
    arguments.push_back("--peer-referral=127.0.0.1:1");  // not part of this fleet; the others must not mind
  }
  return arguments;
}

pid_t Fleet::Spawn(const std::string& service, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), absl::StrCat(TRELLIS_BINARIES, "/trellis-", service));
  return StartChild(std::move(words), EnvironmentOfServices(), LogOf(service));
}

int Fleet::Run(const std::string& service, std::vector<std::string> arguments) {
  const pid_t pid = Spawn(service, arguments);
  int state = 0;
  // A refusal comes at once; what serves after half a minute has refused nothing.
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (waitpid(pid, &state, WNOHANG) == 0) {
    if (absl::Now() > limit) {
      kill(pid, SIGKILL);
      waitpid(pid, &state, 0);
      return -1;
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

pid_t Fleet::PidOf(const std::string& service) const { return processes_.at(service).pid; }
int Fleet::HttpPortOf(const std::string& service) const { return processes_.at(service).http_port; }

void Fleet::Kill(const std::string& target) {
  if (target == kDatabase) return database_->Kill();
  Process& process = processes_[target];
  if (process.pid == 0) return;
  kill(process.pid, SIGKILL);
  waitpid(process.pid, nullptr, 0);
  process.pid = 0;
}

absl::Status Fleet::Revive(const std::string& target) {
  if (target == kDatabase) return database_->Restart();
  processes_[target].pid = Spawn(target, ServeArguments(target));
  return absl::OkStatus();
}

std::vector<std::string> Fleet::UnexpectedEnds() {
  std::vector<std::string> ends;
  for (auto& [service, process] : processes_) {
    int state = 0;
    if (process.pid == 0 || waitpid(process.pid, &state, WNOHANG) != process.pid) continue;
    process.pid = 0;
    ends.push_back(absl::StrCat(service, WIFSIGNALED(state) ? " ended by signal " : " ended with code ",
                                WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state), ": ", End(LogOf(service))));
  }
  if (database_->pid() != 0 && kill(database_->pid(), 0) != 0) ends.push_back("mariadbd ended");
  return ends;
}

bool Fleet::IsReady(const Process& process) const {
  return absl::StrContains(HttpGet(process.http_port, "/readyz"), " 200 ");
}

absl::Status Fleet::AwaitReady(absl::Duration patience) {
  const absl::Time limit = absl::Now() + patience;
  for (const std::string& service : Services()) {
    while (!IsReady(processes_.at(service))) {
      if (absl::Now() > limit) {
        return absl::DeadlineExceededError(absl::StrCat(service, " is not ready: ", End(LogOf(service))));
      }
      absl::SleepFor(absl::Milliseconds(20));
    }
  }
  return absl::OkStatus();
}

}  // namespace trellis::fault
