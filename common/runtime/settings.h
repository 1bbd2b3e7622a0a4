// The settings that all services share.
#ifndef TRELLIS_COMMON_RUNTIME_SETTINGS_H_
#define TRELLIS_COMMON_RUNTIME_SETTINGS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/config/loader.h"
#include "common/db/settings.h"
#include "common/log/log.h"
#include "common/rpc/gate.h"
#include "common/rpc/tls_files.h"
#include "common/runtime/service.h"

namespace trellis::runtime {

struct Settings {
  std::string listen;       // of gRPC
  std::string http_listen;  // of /metrics, /livez, /readyz
  rpc::TlsFiles tls;
  bool insecure = false;  // no TLS between services: tests only
  std::string trust_domain;
  bool certificate_required = true;  // of everybody who connects: services and the door
  rpc::GateFile gate;                // which services may call which methods at all
  bool reflection = false;
  int workers = 0;
  int max_in_flight = 0;

  db::Settings database;
  db::PoolOptions pool;
  bool migrate_on_start = false;
  absl::Duration schema_wait;  // for a migration to bring the schema up to date

  std::string key_ring;        // file with the keys that data keys are wrapped with
  std::string destroyed_keys;  // file that remembers destroyed keys; empty: beside the key ring

  std::map<std::string, std::string> peers;  // "identity" -> "dns:///identity:7101"
  std::string issuer;
  std::string audience;

  std::string audit_key;          // PEM file of the key that signs checkpoints of the audit; "": none are signed
  std::string audit_checkpoints;  // file that they are added to, besides the database; "": the database alone

  std::string audit_spool;        // folder of the audit's second sink; "": there is none
  int audit_spool_megabytes = 0;  // that may wait in it

  log::Severity log_level = log::Severity::kInfo;
  absl::Duration drain_wait;   // from NOT_SERVING to the end of new calls: endpoints move meanwhile
  absl::Duration drain_grace;  // for running calls
};

// Each declares its part of the settings; the loader keeps the mistakes.
void DeclareLogging(config::Loader& loader, Settings& settings);
void DeclareDatabase(config::Loader& loader, const Service& service, Settings& settings);
void DeclareSealing(config::Loader& loader, Settings& settings);
void DeclareServing(config::Loader& loader, const Service& service, Settings& settings);

// The peers whose addresses a service needs: those that it names, and identity for the keys of tokens.
std::vector<std::string> PeersOf(const Service& service);

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_SETTINGS_H_
