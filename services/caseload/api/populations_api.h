// trellis.caseload.v1.Populations.
#ifndef TRELLIS_SERVICES_CASELOAD_API_POPULATIONS_API_H_
#define TRELLIS_SERVICES_CASELOAD_API_POPULATIONS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/caseload/api/identity_client.h"
#include "services/caseload/api/leads.h"
#include "trellis/caseload/v1/populations.pb.h"

namespace trellis::caseload {

// Who may see what is decided by identity's relations. So a change goes to identity first, with a request id that
// follows from the caller's: when the second half is lost, repeating the request completes it. Thread-safe.
class PopulationsApi {
 public:
  PopulationsApi(runtime::Runtime& runtime, IdentityClient& identity, Leads& leads)
      : runtime_(runtime), identity_(identity), leads_(leads) {}

  absl::StatusOr<v1::CreatePopulationResponse> CreatePopulation(rpc::CallContext& call,
                                                                const v1::CreatePopulationRequest& request);
  absl::StatusOr<v1::GetPopulationResponse> GetPopulation(rpc::CallContext& call,
                                                          const v1::GetPopulationRequest& request);
  absl::StatusOr<v1::ListPopulationsResponse> ListPopulations(rpc::CallContext& call,
                                                              const v1::ListPopulationsRequest& request);
  absl::StatusOr<v1::AddMemberResponse> AddMember(rpc::CallContext& call, const v1::AddMemberRequest& request);
  absl::StatusOr<v1::RemoveMemberResponse> RemoveMember(rpc::CallContext& call, const v1::RemoveMemberRequest& request);
  absl::StatusOr<v1::ListMembersResponse> ListMembers(rpc::CallContext& call, const v1::ListMembersRequest& request);

 private:
  runtime::Runtime& runtime_;
  IdentityClient& identity_;
  Leads& leads_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_POPULATIONS_API_H_
