// Where the database is and how its connections are kept.
#ifndef TRELLIS_COMMON_DB_SETTINGS_H_
#define TRELLIS_COMMON_DB_SETTINGS_H_

#include <string>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace trellis::db {

struct Settings {
  std::string host = {};  // TCP; ignored where unix_socket is set
  int port = 3306;
  std::string unix_socket = {};  // path
  std::string user = {};
  std::string password = {};
  std::string schema = {};    // may be empty: no schema is chosen
  std::string tls_ca = {};    // PEM file; where it is set the server's certificate and host name are checked
  bool tls_required = false;  // refuse a connection that is not encrypted; needs tls_ca; not for a unix socket
};

struct PoolOptions {
  int size = 8;                                        // most connections open at a time
  int warm = 1;                                        // connections opened at the start, failing soft
  absl::Duration max_wait = absl::Milliseconds(250);   // for a free connection
  absl::Duration max_lifetime = absl::Minutes(8);      // of a connection; each gets up to 20 % less, by chance
  absl::Duration validate_after = absl::Seconds(30);   // idle for longer than this: checked before use
  absl::Duration connect_timeout = absl::Seconds(3);   // whole seconds
  absl::Duration statement_limit = absl::Seconds(10);  // hard bound of one statement, on the server
  absl::Duration read_margin = absl::Seconds(2);       // the client gives up this long after statement_limit
  int max_tries = 4;                                   // of a transaction
  const Clock* clock = &SystemClock();                 // of lifetimes only; deadlines are real time
};

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_SETTINGS_H_
