// RPC handlers of trellis.referral.v1.Referrals.
#ifndef TRELLIS_SERVICES_REFERRAL_API_REFERRALS_API_H_
#define TRELLIS_SERVICES_REFERRAL_API_REFERRALS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/referral/api/referral_access.h"
#include "services/referral/api/referral_steps.h"
#include "trellis/referral/v1/referrals.pb.h"

namespace trellis::referral {

// Thread-safe.
class ReferralsApi {
 public:
  ReferralsApi(runtime::Runtime& runtime, Peers& peers, absl::Duration hold_time)
      : runtime_(runtime), peers_(peers), steps_(runtime, peers, hold_time) {}

  absl::StatusOr<v1::CreateReferralResponse> CreateReferral(rpc::CallContext& call,
                                                            const v1::CreateReferralRequest& request);
  absl::StatusOr<v1::GetReferralResponse> GetReferral(rpc::CallContext& call, const v1::GetReferralRequest& request);
  absl::StatusOr<v1::GetReferredPersonResponse> GetReferredPerson(rpc::CallContext& call,
                                                                  const v1::GetReferredPersonRequest& request);
  absl::StatusOr<v1::ListReferralsResponse> ListReferrals(rpc::CallContext& call,
                                                          const v1::ListReferralsRequest& request);

  absl::StatusOr<v1::RequestReferralResponse> RequestReferral(rpc::CallContext& call,
                                                              const v1::RequestReferralRequest& request);
  absl::StatusOr<v1::AcceptReferralResponse> AcceptReferral(rpc::CallContext& call,
                                                            const v1::AcceptReferralRequest& request);
  absl::StatusOr<v1::RejectReferralResponse> RejectReferral(rpc::CallContext& call,
                                                            const v1::RejectReferralRequest& request);
  absl::StatusOr<v1::StartReferralResponse> StartReferral(rpc::CallContext& call,
                                                          const v1::StartReferralRequest& request);
  absl::StatusOr<v1::HoldReferralResponse> HoldReferral(rpc::CallContext& call, const v1::HoldReferralRequest& request);
  absl::StatusOr<v1::ResumeReferralResponse> ResumeReferral(rpc::CallContext& call,
                                                            const v1::ResumeReferralRequest& request);
  absl::StatusOr<v1::CompleteReferralResponse> CompleteReferral(rpc::CallContext& call,
                                                                const v1::CompleteReferralRequest& request);
  absl::StatusOr<v1::FailReferralResponse> FailReferral(rpc::CallContext& call, const v1::FailReferralRequest& request);
  absl::StatusOr<v1::CancelReferralResponse> CancelReferral(rpc::CallContext& call,
                                                            const v1::CancelReferralRequest& request);
  absl::StatusOr<v1::RetractReferralResponse> RetractReferral(rpc::CallContext& call,
                                                              const v1::RetractReferralRequest& request);

 private:
  absl::StatusOr<v1::Referral> Show(db::Session& session, const Standing& standing, const ReferralRow& row,
                                    const std::optional<Id>& placement, absl::Time now);
  absl::StatusOr<v1::Referral> Show(runtime::WriteUnit& unit, const Standing& standing, const StepResult& result);

  // A step that asks nothing of other services before its transaction.
  template <class Response, class Request>
  absl::StatusOr<Response> Step(rpc::CallContext& call, const Request& request, const ReferralSteps::Wanted& wanted);

  runtime::Runtime& runtime_;
  Peers& peers_;
  ReferralSteps steps_;
};

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_REFERRALS_API_H_
