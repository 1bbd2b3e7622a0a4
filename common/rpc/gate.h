// The outer gate: before a call is anybody's, whether the service at the other end of its connection may call the
// method at all. Static, from a file of the operator's, and apart from what the contracts declare: it still holds where
// a later check is wrong.
#ifndef TRELLIS_COMMON_RPC_GATE_H_
#define TRELLIS_COMMON_RPC_GATE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/rpc/authorization_policy.h"

namespace trellis::rpc {

class Reloader;

// A gRPC authorization policy. It is looked at again and again; a new one is taken over once it is right, until then
// the last good one holds.
struct GateFile {
  std::string path;  // "": no gate
  absl::Duration reload_interval = absl::Seconds(30);
  // For the log: OK when a new policy was taken over, the reason when one is refused. On a thread of its own; may be
  // empty.
  std::function<void(const absl::Status&)> on_reload = {};
};

// Thread-safe.
class Gate {
 public:
  // Error: FAILED_PRECONDITION saying what is wrong with the file.
  static absl::StatusOr<std::unique_ptr<Gate>> Open(GateFile file);
  ~Gate();

  // Error: PERMISSION_DENIED GATE_CLOSED. `principal` and `path` as AuthorizationPolicy has them.
  absl::Status Check(absl::string_view principal, absl::string_view path) const;

 private:
  explicit Gate(GateFile file);
  absl::StatusOr<bool> Reload();

  const GateFile file_;
  std::string text_;  // the reloading thread's, after Open
  mutable absl::Mutex mutex_;
  std::shared_ptr<const AuthorizationPolicy> policy_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Reloader> reloader_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_GATE_H_
