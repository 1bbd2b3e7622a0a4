// RPC handlers of trellis.referral.v1.Placements.
#ifndef TRELLIS_SERVICES_REFERRAL_API_PLACEMENTS_API_H_
#define TRELLIS_SERVICES_REFERRAL_API_PLACEMENTS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/referral/v1/placements.pb.h"

namespace trellis::referral {

// Thread-safe.
class PlacementsApi {
 public:
  explicit PlacementsApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::GetPlacementResponse> GetPlacement(rpc::CallContext& call, const v1::GetPlacementRequest& request);
  absl::StatusOr<v1::ListPlacementsResponse> ListPlacements(rpc::CallContext& call,
                                                            const v1::ListPlacementsRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_PLACEMENTS_API_H_
