#include "common/runtime/settings.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace trellis::runtime {
namespace {

// The ports that the services of the suite have by default, for peers on the same machine.
std::string DefaultPeer(absl::string_view service) {
  static const std::map<std::string, int> kPorts = {
      {"identity", 7101}, {"directory", 7102}, {"assessment", 7103}, {"referral", 7104}, {"caseload", 7105}};
  const auto found = kPorts.find(std::string(service));
  return found == kPorts.end() ? "" : absl::StrCat("localhost:", found->second);
}

bool IsLoopback(absl::string_view host) {
  return host == "localhost" || host == "::1" || absl::StartsWith(host, "127.");
}

void DeclareTls(config::Loader& loader, Settings& settings) {
  loader.Bool("insecure", &settings.insecure, false, "serve and call without TLS; for tests only");
  loader.String("tls-cert", &settings.tls.certificate, "", "PEM file of this service's certificate");
  loader.String("tls-key", &settings.tls.key, "", "PEM file of its private key");
  loader.String("tls-ca", &settings.tls.ca, "", "PEM file of the authorities that peers' certificates come from");
  loader.Duration("tls-reload", &settings.tls.reload_interval, absl::Seconds(30), "how often the files are looked at");
  loader.String("trust-domain", &settings.trust_domain, "trellis.local", "of the SPIFFE names in certificates");
  loader.Bool("require-client-certificate", &settings.certificate_required, true,
              "let only services of the suite and the door connect; without it whoever reaches the port talks HTTP/2");
  loader.String(
      "authorization-policy", &settings.gate.path, "",
      "gRPC authorization policy (JSON) that every call has to pass first, looked at as often as certificates; "
      "the command authorization-policy writes the one of the contract");
  if (settings.insecure || loader.help_wanted()) return;
  if (settings.tls.certificate.empty()) loader.AddMistake("--tls-cert (or TRELLIS_TLS_CERT) is required");
  if (settings.tls.key.empty()) loader.AddMistake("--tls-key (or TRELLIS_TLS_KEY) is required");
  if (settings.tls.ca.empty()) loader.AddMistake("--tls-ca (or TRELLIS_TLS_CA) is required");
  if (settings.key_ring.empty()) loader.AddMistake("--key-ring (or TRELLIS_KEY_RING) is required");
}

}  // namespace

std::vector<std::string> PeersOf(const Service& service) {
  std::vector<std::string> peers = service.peers;
  if (service.name != "identity" && std::find(peers.begin(), peers.end(), "identity") == peers.end()) {
    peers.push_back("identity");
  }
  return peers;
}

void DeclareLogging(config::Loader& loader, Settings& settings) {
  std::string level;
  loader.Choice("log-level", &level, {"debug", "info", "warning", "error"}, "info", "least severity that is logged");
  log::ParseSeverity(level, &settings.log_level);
}

void DeclareDatabase(config::Loader& loader, const Service& service, Settings& settings) {
  db::Settings& db = settings.database;
  const std::string account = absl::StrCat("trellis_", service.name);
  loader.String("db-host", &db.host, "127.0.0.1", "database server");
  loader.Int("db-port", &db.port, 3306, 1, 65535, "its port");
  loader.String("db-socket", &db.unix_socket, "", "unix socket of the database server, in place of host and port");
  loader.String("db-user", &db.user, account, "database account");
  loader.Secret("db-password", &db.password, "its password");
  loader.String("db-schema", &db.schema, account, "this service's schema");
  loader.String("db-tls-ca", &db.tls_ca, "", "PEM file of the authority of the database server's certificate");
  loader.Int("db-pool-size", &settings.pool.size, 8, 1, 200, "most database connections at a time");
  loader.Duration("schema-wait", &settings.schema_wait, absl::Minutes(5),
                  "how long to wait at the start for a migration to bring the schema up to date");
  db.tls_required = !db.tls_ca.empty() && db.unix_socket.empty();
  if (db.tls_ca.empty() && db.unix_socket.empty() && !IsLoopback(db.host)) {
    loader.AddMistake(absl::StrCat("--db-tls-ca (or TRELLIS_DB_TLS_CA) is required for a database on another machine (",
                                   db.host, ")"));
  }
}

void DeclareSealing(config::Loader& loader, Settings& settings) {
  loader.String("key-ring", &settings.key_ring, "",
                "file with the keys that protect what is stored, mode 600 (common/scripts/key-ring makes one)");
  loader.String("destroyed-keys", &settings.destroyed_keys, "",
                "file that remembers destroyed keys, kept apart from backups of the database (default: the key ring's "
                "name and .destroyed)");
}

void DeclareServing(config::Loader& loader, const Service& service, Settings& settings) {
  loader.String("listen", &settings.listen, absl::StrCat("0.0.0.0:", service.port), "address of the gRPC port");
  loader.String("http-listen", &settings.http_listen, absl::StrCat("0.0.0.0:", service.port + 1000),
                "address of the HTTP port: /metrics, /livez, /readyz");
  DeclareSealing(loader, settings);
  DeclareTls(loader, settings);
  loader.RequiredString("issuer", &settings.issuer, "who issues the access tokens");
  loader.RequiredString("audience", &settings.audience, "whom the access tokens are meant for");
  loader.String("audit-key", &settings.audit_key, "",
                "PEM file of the Ed25519 key that signs the audit's checkpoints; nobody else may read it");
  loader.String("audit-checkpoints", &settings.audit_checkpoints, "",
                "file that checkpoints are added to; where the database's administrator cannot write");
  loader.String("audit-spool", &settings.audit_spool, "",
                "folder on another volume for the audit records that the database does not take; one for each replica. "
                "Without it such calls are refused");
  loader.Int("audit-spool-megabytes", &settings.audit_spool_megabytes, 1024, 1, 1 << 20,
             "how many megabytes may wait there");
  for (const std::string& peer : PeersOf(service)) {
    loader.String(absl::StrCat("peer-", peer), &settings.peers[peer], DefaultPeer(peer),
                  absl::StrCat("address of the service ", peer));
    // Identity's is where the keys of tokens come from.
    if (settings.peers[peer].empty()) loader.AddMistake(absl::StrCat("--peer-", peer, " must not be empty"));
  }
  loader.Bool("reflection", &settings.reflection, false, "serve gRPC reflection");
  loader.Int("workers", &settings.workers, settings.pool.size, 1, 500, "threads that run handlers");
  loader.Int("max-in-flight", &settings.max_in_flight, 3 * settings.workers, 1, 10000,
             "calls running and waiting; one more is refused at once");
  loader.Bool("migrate-on-start", &settings.migrate_on_start, false, "bring the schema up to date before serving");
  loader.Duration("drain-wait", &settings.drain_wait, absl::Seconds(5),
                  "after SIGTERM: from not being ready to refusing new calls");
  loader.Duration("drain-grace", &settings.drain_grace, absl::Seconds(20), "after that: for running calls to end");
}

}  // namespace trellis::runtime
