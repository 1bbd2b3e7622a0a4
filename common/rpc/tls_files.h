// Where a process finds its certificate.
#ifndef TRELLIS_COMMON_RPC_TLS_FILES_H_
#define TRELLIS_COMMON_RPC_TLS_FILES_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace trellis::rpc {

// PEM files. They are looked at again and again; a new set is taken over once it is complete and fits together, until
// then the last good one stays in use.
struct TlsFiles {
  std::string certificate;  // own certificate, followed by its intermediates
  std::string key;
  std::string ca;  // the authorities that peers' certificates must come from
  absl::Duration reload_interval = absl::Seconds(30);
  // For the log: OK when a new set was taken over, the reason when one is refused. On a thread of its own; may be
  // empty.
  std::function<void(const absl::Status&)> on_reload = {};
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TLS_FILES_H_
