// A database server for tests, with the settings of production.
#ifndef TRELLIS_COMMON_TESTING_PRIVATE_MARIADB_H_
#define TRELLIS_COMMON_TESTING_PRIVATE_MARIADB_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/settings.h"

namespace trellis::testing {

// Starts mariadbd in a folder of its own under $TMPDIR, reached through a unix socket and a port of 127.0.0.1, as the
// user "mysql" where the tests run as root. Stops it and removes the folder at the end. Not thread-safe.
class PrivateMariaDb {
 public:
  // arguments: for mariadbd, after (and so over) the settings of production. To be called from a thread that outlives
  // the server: the kernel ends the server together with the thread that started it.
  static absl::StatusOr<std::unique_ptr<PrivateMariaDb>> Start(std::vector<std::string> arguments = {});

  // The server that the tests of this process share: the one of TRELLIS_TEST_DB_HOST, _PORT, _SOCKET, _USER, _PASSWORD
  // where these are set (tests/run sets them), otherwise one that lives as long as the process. Ends the process when
  // none can be started. Thread-safe.
  static const db::Settings& Shared();

  ~PrivateMariaDb();
  PrivateMariaDb(const PrivateMariaDb&) = delete;
  PrivateMariaDb& operator=(const PrivateMariaDb&) = delete;

  // Settings of an administrator without a schema.
  db::Settings OverSocket() const;
  db::Settings OverTcp() const;
  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  const std::string& folder() const { return folder_; }

  void Kill();             // SIGKILL, waits for the end
  absl::Status Restart();  // on the same data and port; after Kill, or ends the running server first
  void Stop();             // SIGTERM, waits for the end

 private:
  PrivateMariaDb() = default;
  absl::Status Install();
  absl::Status Launch();
  absl::Status AwaitReady();
  void End(int signal);

  std::vector<std::string> arguments_;
  std::string folder_;
  int port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace trellis::testing

#endif  // TRELLIS_COMMON_TESTING_PRIVATE_MARIADB_H_
