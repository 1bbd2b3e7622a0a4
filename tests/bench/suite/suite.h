// All of Trellis as in production, on one machine: a database, the five services in processes of their own with TLS
// between them, an organization with a coordinator, and the coordinator's open cases.
#ifndef TRELLIS_TESTS_BENCH_SUITE_SUITE_H_
#define TRELLIS_TESTS_BENCH_SUITE_SUITE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/testing/private_mariadb.h"
#include "common/testing/test_key_ring.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "tests/bench/suite/process.h"
#include "tests/bench/suite/sql.h"
#include "trellis/identity/v1/sessions.pb.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::bench {

inline constexpr int kConnections = 8;  // of each service to the database, and as many workers

std::string IdBytes(const std::string& name);  // of "persons/{id}"

class Suite {
 public:
  // Starts everything. binaries: the folder with trellis-identity and the others. folder: for logs and secrets.
  Suite(std::string binaries, std::string folder);

  // Registers persons and opens a case for each, through the services. Shows how it goes on.
  void Fill(int persons);
  // Waits until every service has applied all that the others have told. Returns how long it took.
  absl::Duration Settle();

  const std::shared_ptr<grpc::Channel>& channel(absl::string_view service) const;
  // A replica of identity without audit, as service "unaudited" until the end: the benchmark's own program.
  void StartUnaudited(const std::string& program);
  // To a service as another one connects.
  std::shared_ptr<grpc::Channel> ChannelAs(absl::string_view caller, absl::string_view service) const;
  // How many calls of that method a service has made to its peers.
  std::int64_t CallsMade(absl::string_view service, absl::string_view method) const;
  std::string SignIn();          // the coordinator's, good for five minutes
  std::string SignInStranger();  // the same of a coordinator of another organization, which has nothing
  // What the organization's office signs in with.
  static identity::v1::SignInRequest OfficeCredentials();

  Process& service(absl::string_view name) { return *services_.at(std::string(name)); }
  // Stops the services that are not named, so that the machine is free; and lets them go on. Identity goes on always:
  // without its feed the others hold their replica of the access relations to be stale.
  void PauseAllBut(absl::string_view name);
  void ResumeAll();
  std::vector<pid_t> processes() const;  // the services and the database
  pid_t database() const { return database_->pid(); }
  SqlConnection& sql() { return *sql_; }
  std::unique_ptr<SqlConnection> Connect(absl::string_view schema) const;
  // A copy of a service's schema without rows.
  void MakeSchema(absl::string_view service, const std::string& schema);

  const std::string& folder() const { return folder_; }
  const Id& organization() const { return organization_; }
  const Id& coordinator() const { return coordinator_; }
  const std::vector<std::string>& persons() const { return persons_; }  // "persons/{id}"

  // Calls one method as `token`; dies where it fails.
  void Call(absl::string_view service, const std::string& method, const std::string& token,
            const google::protobuf::Message& request, google::protobuf::Message* response);

 private:
  std::vector<std::string> DatabaseFlags(absl::string_view schema) const;
  // Under that name, a program that takes the flags of `service`.
  void Start(const std::string& name, const std::vector<std::string>& program, const std::string& service);
  void AwaitReady(const std::string& name);
  void MakeAdministrator();
  // An organization with an office that administers it, and its coordinator. Returns their ids.
  std::pair<Id, Id> MakeOrganization(absl::string_view title, const std::string& office,
                                     const std::string& coordinator);
  std::string SignInAs(const std::string& login);
  void RunAll(absl::string_view what, absl::string_view service, const std::string& method,
              const std::function<std::string(std::int64_t)>& request,
              const std::function<void(absl::string_view)>& on_response, std::int64_t count);
  bool Settled();

  const std::string binaries_;
  const std::string folder_;
  std::unique_ptr<testing::PrivateMariaDb> database_;
  std::unique_ptr<SqlConnection> sql_;
  std::map<std::string, int> ports_;
  std::map<std::string, int> http_ports_;
  std::map<std::string, testing::TestKeyRing> key_rings_;
  std::map<std::string, std::unique_ptr<Process>> services_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
  Id organization_;
  Id coordinator_;
  std::vector<std::string> persons_;
};

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_SUITE_H_
