// The suite as an installation runs it: a MariaDB, certificates, and the real binaries as processes of their own.
#ifndef TRELLIS_TESTS_FAULT_FLEET_H_
#define TRELLIS_TESTS_FAULT_FLEET_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/testing/private_mariadb.h"

namespace trellis::db {
class Pool;
}

namespace trellis::fault {

inline constexpr char kDatabase[] = "mariadbd";
inline constexpr char kAdministrator[] = "admin@trellis.local";
inline constexpr char kPassword[] = "correct horse battery staple";

// To be used by one thread, which outlives it: the kernel ends the processes together with the thread that started
// them.
class Fleet {
 public:
  // With migrated schemas, the first administrator made and every service ready.
  // database_arguments: for mariadbd, over the settings of production.
  static absl::StatusOr<std::unique_ptr<Fleet>> Start(std::vector<std::string> database_arguments = {});
  // Only the database and certificates.
  static absl::StatusOr<std::unique_ptr<Fleet>> StartDatabase(std::vector<std::string> database_arguments);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  static const std::vector<std::string>& Services();
  static std::vector<std::string> Targets();  // services and database

  std::string AddressOf(const std::string& service) const;
  // PEM. Besides the services' there are the directory's and the door's, for who stands in their place.
  std::string authority() const;
  std::string CertificateOf(const std::string& name) const;
  std::string KeyOf(const std::string& name) const;

  pid_t PidOf(const std::string& service) const;
  int HttpPortOf(const std::string& service) const;

  void Kill(const std::string& target);              // SIGKILL; returns when it has ended
  absl::Status Revive(const std::string& target);    // starts it again; the database is then ready, a service not yet
  absl::Status AwaitReady(absl::Duration patience);  // until all services say so
  // Processes that ended without being killed here, with the ends of their logs.
  std::vector<std::string> UnexpectedEnds();

  // Runs a command of a binary to its end and returns its exit code; its output is appended to LogOf(service).
  int Run(const std::string& service, std::vector<std::string> arguments);
  std::vector<std::string> ServeArguments(const std::string& service) const;
  std::vector<std::string> DatabaseArguments(const std::string& service) const;
  std::string LogOf(const std::string& service) const;   // a path
  std::string RingOf(const std::string& service) const;  // of its key ring
  // Of all services: the second sink, the key that signs checkpoints ("key.pem") and its public part ("public-key").
  std::string AuditFolder() const;
  std::string CheckpointsOf(const std::string& service) const;
  absl::Status Sql(const std::string& statement);  // on the database server, with all rights
  absl::StatusOr<std::unique_ptr<db::Pool>> OpenSchema(const std::string& service);  // the same, of a service's tables
  void KeepFolder() { keep_folder_ = true; }                                         // for somebody to look at the logs
  const std::string& folder() const { return folder_; }

 private:
  struct Process {
    pid_t pid = 0;  // 0: not running
    int port = 0;
    int http_port = 0;
  };

  Fleet() = default;
  absl::Status Prepare(std::vector<std::string> database_arguments);
  absl::Status MakeSchemas();
  pid_t Spawn(const std::string& service, const std::vector<std::string>& arguments);
  bool IsReady(const Process& process) const;

  std::string folder_;
  bool keep_folder_ = false;
  int database_port_ = 0;
  std::unique_ptr<testing::PrivateMariaDb> database_;
  std::map<std::string, Process> processes_;
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_FLEET_H_
