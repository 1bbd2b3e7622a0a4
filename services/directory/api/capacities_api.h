// trellis.directory.v1.Capacities
#ifndef TRELLIS_SERVICES_DIRECTORY_API_CAPACITIES_API_H_
#define TRELLIS_SERVICES_DIRECTORY_API_CAPACITIES_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/directory/v1/capacities.pb.h"

namespace trellis::directory {

// Thread-safe.
class CapacitiesApi {
 public:
  explicit CapacitiesApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::GetCapacityResponse> GetCapacity(rpc::CallContext& call, const v1::GetCapacityRequest& request);
  absl::StatusOr<v1::SetCapacityResponse> SetCapacity(rpc::CallContext& call, const v1::SetCapacityRequest& request);
  absl::StatusOr<v1::HoldCapacityResponse> HoldCapacity(rpc::CallContext& call, const v1::HoldCapacityRequest& request);
  absl::StatusOr<v1::ConfirmHoldResponse> ConfirmHold(rpc::CallContext& call, const v1::ConfirmHoldRequest& request);
  absl::StatusOr<v1::ReleaseHoldResponse> ReleaseHold(rpc::CallContext& call, const v1::ReleaseHoldRequest& request);
  absl::StatusOr<v1::GetHoldResponse> GetHold(rpc::CallContext& call, const v1::GetHoldRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_CAPACITIES_API_H_
