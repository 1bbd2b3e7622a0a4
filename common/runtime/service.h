// How a service of the suite describes itself. The binary and the integration tests run the same description:
// main.cc is `return trellis::runtime::Main(trellis::referral::Describe(), argc, argv);`, a test is
// `testing::TestService::Start(referral::Describe())`. The list of the service's parts is its `build`.
//
//   // services/referral/api/service.cc
//   namespace trellis::referral {
//   namespace migrations { const std::vector<EmbeddedFile>& Files(); }
//
//   runtime::Service Describe() {
//     auto options = std::make_shared<Options>();
//     runtime::Service service;
//     service.name = "referral";
//     service.migrations = &migrations::Files;
//     service.port = 7104;
//     service.peers = {"identity", "directory"};
//     service.flags = [options](config::Loader& flags) {
//       flags.Duration("silent-after", &options->silent_after, absl::Hours(72), "...");
//     };
//     service.build = [options](runtime::Runtime& runtime) {
//       auto* referrals = runtime.Make<ReferralsApi>(runtime, *options);
//       rpc::Router& router = runtime.router();
//       router.Unary("trellis.referral.v1.Referrals.GetReferral", referrals, &ReferralsApi::GetReferral);
//       runtime.Follow("identity", [referrals](db::Session& tx, const events::v1::Event& event) {...});
//       runtime.Every("referral.watchdog", absl::Seconds(30), [referrals](absl::Time deadline) {...});
//       return absl::OkStatus();
//     };
//     return service;
//   }
#ifndef TRELLIS_COMMON_RUNTIME_SERVICE_H_
#define TRELLIS_COMMON_RUNTIME_SERVICE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/embedded.h"

namespace trellis::config {
class Loader;
}

namespace trellis::runtime {

class Runtime;

// A subcommand of the binary besides serve, migrate, rewrap and version: it runs with the database open and its schema
// checked, serves nothing and ends. For example `trellis-identity bootstrap`.
struct Command {
  std::string name;
  std::string help;
  std::function<void(config::Loader&)> flags = {};  // may be empty
  std::function<absl::Status(Runtime&)> run = {};   // `build` has been called before
};

struct Service {
  std::string name;  // "identity"; also the migrations' component
  const std::vector<EmbeddedFile>& (*migrations)() = nullptr;
  int port = 0;                                      // default of the gRPC port; HTTP is 1000 above
  std::vector<std::string> peers = {};               // services below that it calls or follows
  std::vector<std::string> followers = {};           // services above that may read its events
  std::function<void(config::Loader&)> flags = {};   // settings of its own; may be empty
  std::function<absl::Status(Runtime&)> build = {};  // makes the parts; nothing is listening yet
  std::vector<Command> commands = {};
};

// Runs the binary: serve (default), migrate, rewrap, version, --help and the service's own commands. Returns the exit
// code: 0 done or drained, 1 failed, 2 wrong usage or settings.
int Main(const Service& service, int argc, const char* const* argv);

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_SERVICE_H_
