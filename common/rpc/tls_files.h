// Where a process finds its certificate.
#ifndef TRELLIS_COMMON_RPC_TLS_FILES_H_
#define TRELLIS_COMMON_RPC_TLS_FILES_H_

#include <string>

#include "absl/time/time.h"

namespace trellis::rpc {

// PEM files. They are looked at again and again; a new set is taken over once it is complete and fits together, until
// then the last good one stays in use.
struct TlsFiles {
  std::string certificate;  // own certificate, followed by its intermediates
  std::string key;
  std::string ca;  // the authorities that peers' certificates must come from
  absl::Duration reload_interval = absl::Seconds(30);
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TLS_FILES_H_
