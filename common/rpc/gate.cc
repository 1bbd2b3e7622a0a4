#include "common/rpc/gate.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/transport/read_file.h"
#include "common/rpc/transport/reloader.h"

namespace trellis::rpc {

absl::StatusOr<std::unique_ptr<Gate>> Gate::Open(GateFile file) {
  std::unique_ptr<Gate> gate(new Gate(std::move(file)));
  TRELLIS_RETURN_IF_ERROR(gate->Reload().status());
  gate->reloader_ = std::make_unique<Reloader>(
      gate->file_.reload_interval, [raw = gate.get()] { return raw->Reload(); }, gate->file_.on_reload);
  return gate;
}

Gate::Gate(GateFile file) : file_(std::move(file)) {}

Gate::~Gate() = default;

absl::StatusOr<bool> Gate::Reload() {
  TRELLIS_ASSIGN_OR_RETURN(std::string text, ReadFile(file_.path));
  if (text == text_) return false;
  absl::StatusOr<AuthorizationPolicy> policy = AuthorizationPolicy::Parse(text);
  if (!policy.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(file_.path, ": ", policy.status().message()));
  }
  text_ = std::move(text);
  auto taken = std::make_shared<const AuthorizationPolicy>(*std::move(policy));
  absl::MutexLock lock(&mutex_);
  policy_ = std::move(taken);
  return true;
}

absl::Status Gate::Check(absl::string_view principal, absl::string_view path) const {
  std::shared_ptr<const AuthorizationPolicy> policy;
  {
    absl::MutexLock lock(&mutex_);
    policy = policy_;
  }
  if (policy->Allows(principal, path)) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "GATE_CLOSED",
               "the authorization policy of this service lets nobody with your certificate call this method")
      .With("method", path);
}

}  // namespace trellis::rpc
