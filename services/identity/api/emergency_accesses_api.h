#ifndef TRELLIS_SERVICES_IDENTITY_API_EMERGENCY_ACCESSES_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_EMERGENCY_ACCESSES_API_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/metrics/registry.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/identity/v1/emergency_accesses.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.EmergencyAccesses. Thread-safe.
class EmergencyAccessesApi {
 public:
  explicit EmergencyAccessesApi(runtime::Runtime& runtime);

  absl::StatusOr<v1::RequestEmergencyAccessResponse> RequestEmergencyAccess(
      rpc::CallContext& call, const v1::RequestEmergencyAccessRequest& request);
  absl::StatusOr<v1::EndEmergencyAccessResponse> EndEmergencyAccess(rpc::CallContext& call,
                                                                    const v1::EndEmergencyAccessRequest& request);
  absl::StatusOr<v1::GetEmergencyAccessResponse> GetEmergencyAccess(rpc::CallContext& call,
                                                                    const v1::GetEmergencyAccessRequest& request);
  absl::StatusOr<v1::ListEmergencyAccessesResponse> ListEmergencyAccesses(
      rpc::CallContext& call, const v1::ListEmergencyAccessesRequest& request);
  absl::StatusOr<v1::ReviewEmergencyAccessResponse> ReviewEmergencyAccess(
      rpc::CallContext& call, const v1::ReviewEmergencyAccessRequest& request);

 private:
  // The person asked for, locked. Errors: NOT_FOUND.
  absl::StatusOr<Id> FindPerson(runtime::WriteUnit& unit, const v1::RequestEmergencyAccessRequest& request);

  runtime::Runtime& runtime_;
  metrics::Counter& given_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_EMERGENCY_ACCESSES_API_H_
