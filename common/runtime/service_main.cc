#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/config/loader.h"
#include "common/log/log.h"
#include "common/runtime/audit_verify.h"
#include "common/runtime/build_info.h"
#include "common/runtime/host.h"
#include "common/runtime/policy_draft.h"
#include "common/runtime/process.h"
#include "common/runtime/service.h"
#include "common/runtime/settings.h"
#include "common/runtime/stop_signal.h"
#include "common/seal/file_key_ring.h"
#include "common/seal/rewrap.h"

namespace trellis::runtime {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr absl::Duration kLongestRewrap = absl::Hours(24);

void StartLog(const Service& service, const Settings& settings) {
  log::Options options;
  options.service = service.name;
  options.lowest = settings.log_level;
  log::Configure(std::move(options));
  PrepareProcess();
}

// Help or the mistakes, with the exit code; nothing where the program shall go on.
std::optional<int> Finish(config::Loader& flags) {
  if (flags.help_wanted()) {
    std::cout << flags.Help();
    return kDone;
  }
  const absl::Status status = flags.Finish();
  if (status.ok()) return std::nullopt;
  std::cerr << "The settings are not right:\n" << status.message() << "\n--help shows all of them.\n";
  return kWrongUsage;
}

int Fail(absl::string_view what, const absl::Status& status) {
  log::Error(what, {{"error", status}});
  return kFailed;
}

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
}

// Services start in any order: the database and the migration may come later than we do. OK also when told to stop.
absl::Status AwaitDatabase(Host& host, const Settings& settings, StopSignal& stop, bool* stopped) {
  const absl::Time schema_limit = absl::Now() + settings.schema_wait;
  log::RateLimit complaints(absl::Seconds(10));
  while (true) {
    const absl::Status status = host.CheckDatabase();
    if (status.ok()) return status;
    const bool schema_is_old = ReasonOf(status) == "SCHEMA_TOO_OLD" && absl::Now() < schema_limit;
    if (!MayPass(status) && !schema_is_old) return status;
    if (complaints.Pass().has_value()) log::Warning("waiting for the database", {{"error", status}});
    if ((*stopped = stop.WaitFor(absl::Milliseconds(500)))) return absl::OkStatus();
  }
}

int Serve(const Service& service, config::Loader& flags) {
  StopSignal stop;
  Settings settings;
  DeclareDatabase(flags, service, settings);
  DeclareServing(flags, service, settings);
  DeclareLogging(flags, settings);
  if (service.flags) service.flags(flags);
  if (const std::optional<int> code = Finish(flags); code.has_value()) return *code;

  StartLog(service, settings);
  const metrics::BuildInfo build = ThisBuild(service.name);
  log::Info("starting", {{"version", build.version}, {"revision", build.revision}});
  absl::StatusOr<std::unique_ptr<Host>> host = Host::Make(service, settings);
  if (!host.ok()) return Fail("cannot start", host.status());
  if (const absl::Status status = (*host)->StartHttp(); !status.ok()) return Fail("cannot start", status);
  bool stopped = false;
  if (const absl::Status status = AwaitDatabase(**host, settings, stop, &stopped); !status.ok()) {
    return Fail("cannot start", status);
  }
  if (stopped) return kDone;
  if (const absl::Status status = (*host)->Start(); !status.ok()) return Fail("cannot start", status);
  log::Info("listening", {{"port", (*host)->port()}, {"http_port", (*host)->http_port()}});
  stop.Wait();
  log::Info("ending");
  (*host)->Drain(settings.drain_wait, settings.drain_grace);
  log::Info("ended");
  return kDone;
}

// A service account of its own may run this with more rights on the schema than the service has.
int MigrateOnly(const Service& service, config::Loader& flags) {
  Settings settings;
  DeclareDatabase(flags, service, settings);
  DeclareLogging(flags, settings);
  if (const std::optional<int> code = Finish(flags); code.has_value()) return *code;
  StartLog(service, settings);
  absl::StatusOr<std::unique_ptr<db::Pool>> pool = db::Pool::Open(settings.database, settings.pool, nullptr);
  if (!pool.ok()) return Fail("migration failed", pool.status());
  if (const absl::Status status = Migrate(service, **pool); !status.ok()) return Fail("migration failed", status);
  log::Info("the schema is up to date");
  return kDone;
}

int VerifyAuditOnly(const Service& service, config::Loader& flags) {
  Settings settings;
  AuditVerification wanted;
  DeclareDatabase(flags, service, settings);
  DeclareLogging(flags, settings);
  flags.String("trust-domain", &wanted.trust_domain, "trellis.local", "what the origins of checkpoints begin with");
  flags.Secret("audit-public-key", &wanted.public_key, "the public key of --audit-key: its 32 bytes in base64");
  flags.List("audit-checkpoints", &wanted.files, "", "files with checkpoints, of all replicas");
  if (const std::optional<int> code = Finish(flags); code.has_value()) return *code;
  StartLog(service, settings);
  absl::StatusOr<std::unique_ptr<db::Pool>> pool = db::Pool::Open(settings.database, settings.pool, nullptr);
  if (!pool.ok()) return Fail("cannot verify", pool.status());
  const absl::Status status = VerifyAudit(service.name, wanted, **pool, std::cout);
  return status.ok() ? kDone : Fail("the audit does not verify", status);
}

int RunCommand(const Service& service, const Command& command, config::Loader& flags) {
  Settings settings;
  DeclareDatabase(flags, service, settings);
  DeclareSealing(flags, settings);
  DeclareLogging(flags, settings);
  if (service.flags) service.flags(flags);
  if (command.flags) command.flags(flags);
  if (const std::optional<int> code = Finish(flags); code.has_value()) return *code;
  StartLog(service, settings);
  // It serves nobody: it needs no certificate, reaches no peer and accepts no token.
  settings.insecure = true;
  settings.listen = settings.http_listen = "127.0.0.1:0";
  settings.issuer = settings.audience = "none";
  settings.workers = settings.max_in_flight = 1;
  for (const std::string& peer : PeersOf(service)) settings.peers[peer] = "127.0.0.1:1";
  absl::StatusOr<std::unique_ptr<Host>> host = Host::Make(service, settings);
  if (!host.ok()) return Fail("cannot start", host.status());
  if (const absl::Status status = (*host)->CheckDatabase(); !status.ok()) return Fail("cannot start", status);
  if (const absl::Status status = command.run(**host); !status.ok()) return Fail("failed", status);
  return kDone;
}

// After the key ring has a new current key: wraps every data key with it, beside running services.
int RewrapKeys(const Service& service, config::Loader& flags) {
  Settings settings;
  DeclareDatabase(flags, service, settings);
  DeclareSealing(flags, settings);
  DeclareLogging(flags, settings);
  if (settings.key_ring.empty()) flags.AddMistake("--key-ring (or TRELLIS_KEY_RING) is required");
  if (const std::optional<int> code = Finish(flags); code.has_value()) return *code;
  StartLog(service, settings);
  const auto ring = seal::FileKeyRing::Open({.path = settings.key_ring, .destroyed_path = settings.destroyed_keys},
                                            SystemClock(), SystemRandom());
  if (!ring.ok()) return Fail("cannot open the key ring", ring.status());
  const auto pool = db::Pool::Open(settings.database, settings.pool, nullptr);
  if (!pool.ok()) return Fail("cannot reach the database", pool.status());
  const absl::StatusOr<std::int64_t> keys = seal::Rewrap(**pool, **ring, absl::Now() + kLongestRewrap);
  if (!keys.ok()) return Fail("not every key could be wrapped", keys.status());
  log::Info("every key is wrapped by the current master key", {{"wrapped", *keys}});
  return kDone;
}

int WriteAuthorizationPolicy(const Service& service, config::Loader& flags) {
  std::string trust_domain;
  flags.String("trust-domain", &trust_domain, "trellis.local", "of the SPIFFE names in certificates");
  if (const std::optional<int> code = Finish(flags); code.has_value()) return *code;
  std::cout << DraftAuthorizationPolicy(service, trust_domain);
  return kDone;
}

int ShowVersion(const Service& service) {
  const metrics::BuildInfo build = ThisBuild(service.name);
  std::cout << "trellis-" << build.service << " " << build.version << " (" << build.revision << ")\n";
  return kDone;
}

int ShowUsage(const Service& service, std::ostream& out, int code) {
  out << "Usage: trellis-" << service.name << " [command] [--flag=value ...]\n\n"
      << "  serve                 serve until SIGTERM (the default)\n"
      << "  migrate               bring the database's schema up to date\n"
      << "  rewrap                wrap every data key with the key ring's current key\n"
      << "  audit-verify          hold the audit in the database against its checkpoints\n"
      << "  authorization-policy  write the outer gate's policy that the contract amounts to\n"
      << "  version               show the version\n";
  for (const Command& command : service.commands) {
    out << "  " << command.name << std::string(22 - std::min<std::size_t>(21, command.name.size()), ' ') << command.help
        << "\n";
  }
  out << "\nEach command explains its flags with --help.\n";
  return code;
}

}  // namespace

int Main(const Service& service, int argc, const char* const* argv) {
  const bool named = argc > 1 && !absl::StartsWith(argv[1], "-");
  const std::string name = named ? argv[1] : "serve";
  const int skipped = named ? 1 : 0;
  config::Loader flags(absl::StrCat("trellis-", service.name, " ", name), argc - skipped, argv + skipped);
  if (name == "serve") return Serve(service, flags);
  if (name == "migrate") return MigrateOnly(service, flags);
  if (name == "rewrap") return RewrapKeys(service, flags);
  if (name == "audit-verify") return VerifyAuditOnly(service, flags);
  if (name == "authorization-policy") return WriteAuthorizationPolicy(service, flags);
  if (name == "version") return ShowVersion(service);
  if (name == "help") return ShowUsage(service, std::cout, kDone);
  for (const Command& command : service.commands) {
    if (command.name == name) return RunCommand(service, command, flags);
  }
  std::cerr << "trellis-" << service.name << " has no command '" << name << "'.\n\n";
  return ShowUsage(service, std::cerr, kWrongUsage);
}

}  // namespace trellis::runtime
