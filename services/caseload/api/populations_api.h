// trellis.caseload.v1.Populations.
#ifndef TRELLIS_SERVICES_CASELOAD_API_POPULATIONS_API_H_
#define TRELLIS_SERVICES_CASELOAD_API_POPULATIONS_API_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "grpcpp/channel.h"
#include "services/caseload/api/identity_client.h"
#include "services/caseload/api/leads.h"
#include "trellis/caseload/v1/populations.pb.h"

namespace trellis::caseload {

// Who may see what is decided by identity's relations. So a change goes to identity first, with a request id that
// follows from the caller's: when the second half is lost, repeating the request completes it. Thread-safe.
class PopulationsApi {
 public:
  PopulationsApi(runtime::Runtime& runtime, IdentityClient& identity, Leads& leads,
                 std::shared_ptr<grpc::Channel> assessment)
      : runtime_(runtime), identity_(identity), leads_(leads), assessment_(std::move(assessment)) {}

  absl::StatusOr<v1::CreatePopulationResponse> CreatePopulation(rpc::CallContext& call,
                                                                const v1::CreatePopulationRequest& request);
  absl::StatusOr<v1::GetPopulationResponse> GetPopulation(rpc::CallContext& call,
                                                          const v1::GetPopulationRequest& request);
  absl::StatusOr<v1::ListPopulationsResponse> ListPopulations(rpc::CallContext& call,
                                                              const v1::ListPopulationsRequest& request);
  absl::StatusOr<v1::AddMemberResponse> AddMember(rpc::CallContext& call, const v1::AddMemberRequest& request);
  absl::StatusOr<v1::RemoveMemberResponse> RemoveMember(rpc::CallContext& call, const v1::RemoveMemberRequest& request);
  absl::StatusOr<v1::ListMembersResponse> ListMembers(rpc::CallContext& call, const v1::ListMembersRequest& request);
  absl::StatusOr<v1::SummarizePopulationResponse> SummarizePopulation(rpc::CallContext& call,
                                                                      const v1::SummarizePopulationRequest& request);

 private:
  // NOT_FOUND for the population unless the caller may have it summed up: leads it, or is an analyst.
  absl::Status RequireSummarizer(rpc::CallContext& call, const Id& population);
  absl::StatusOr<std::vector<Id>> MembersToSummarize(rpc::CallContext& call, const Id& population, absl::Time end);

  runtime::Runtime& runtime_;
  IdentityClient& identity_;
  Leads& leads_;
  const std::shared_ptr<grpc::Channel> assessment_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_POPULATIONS_API_H_
