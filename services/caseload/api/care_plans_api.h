// trellis.caseload.v1.CarePlans.
#ifndef TRELLIS_SERVICES_CASELOAD_API_CARE_PLANS_API_H_
#define TRELLIS_SERVICES_CASELOAD_API_CARE_PLANS_API_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/caseload/api/options.h"
#include "services/caseload/storage/cases.h"
#include "services/caseload/storage/service_needs.h"
#include "trellis/caseload/v1/care_plans.pb.h"
#include "trellis/caseload/v1/service_need.pb.h"

namespace trellis::caseload {

// Thread-safe.
class CarePlansApi {
 public:
  CarePlansApi(runtime::Runtime& runtime, const Options& options) : runtime_(runtime), options_(options) {}

  absl::StatusOr<v1::AddServiceNeedResponse> AddServiceNeed(rpc::CallContext& call,
                                                            const v1::AddServiceNeedRequest& request);
  absl::StatusOr<v1::GetServiceNeedResponse> GetServiceNeed(rpc::CallContext& call,
                                                            const v1::GetServiceNeedRequest& request);
  absl::StatusOr<v1::UpdateServiceNeedResponse> UpdateServiceNeed(rpc::CallContext& call,
                                                                  const v1::UpdateServiceNeedRequest& request);
  absl::StatusOr<v1::ListServiceNeedsResponse> ListServiceNeeds(rpc::CallContext& call,
                                                                const v1::ListServiceNeedsRequest& request);
  absl::StatusOr<v1::MeetServiceNeedResponse> MeetServiceNeed(rpc::CallContext& call,
                                                              const v1::MeetServiceNeedRequest& request);
  absl::StatusOr<v1::DropServiceNeedResponse> DropServiceNeed(rpc::CallContext& call,
                                                              const v1::DropServiceNeedRequest& request);

 private:
  // NOT_FOUND also where the caller may not see the person.
  absl::StatusOr<ServiceNeedRecord> RequireNeed(rpc::CallContext& call, absl::string_view name);

  absl::StatusOr<v1::ServiceNeed> Show(db::Session& session, const Id& organization, const ServiceNeedRecord& need);

  // Reads the line anew under the person's lock, lets `change` at it and writes it back. Error: PERMISSION_DENIED
  // LABEL_NOT_CLEARED.
  absl::StatusOr<ServiceNeedRecord> Change(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                           const ServiceNeedRecord& seen, absl::string_view etag,
                                           absl::FunctionRef<absl::Status(ServiceNeedRecord&)> change);
  // MET or DROPPED by the coordinator's own decision.
  template <class Response, class Request>
  absl::StatusOr<Response> Settle(rpc::CallContext& call, const Request& request, NeedState to);

  runtime::Runtime& runtime_;
  const Options options_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_CARE_PLANS_API_H_
