// RPC handlers of trellis.referral.v1.Routing.
#ifndef TRELLIS_SERVICES_REFERRAL_API_ROUTING_API_H_
#define TRELLIS_SERVICES_REFERRAL_API_ROUTING_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/referral/api/peers.h"
#include "trellis/referral/v1/routing.pb.h"

namespace trellis::referral {

// Thread-safe.
class RoutingApi {
 public:
  RoutingApi(runtime::Runtime& runtime, Peers& peers) : runtime_(runtime), peers_(peers) {}

  absl::StatusOr<v1::RankHealthcareServicesResponse> RankHealthcareServices(
      rpc::CallContext& call, const v1::RankHealthcareServicesRequest& request);

 private:
  runtime::Runtime& runtime_;
  Peers& peers_;
};

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_ROUTING_API_H_
