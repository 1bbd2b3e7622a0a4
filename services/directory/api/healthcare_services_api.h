// trellis.directory.v1.HealthcareServices
#ifndef TRELLIS_SERVICES_DIRECTORY_API_HEALTHCARE_SERVICES_API_H_
#define TRELLIS_SERVICES_DIRECTORY_API_HEALTHCARE_SERVICES_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/directory/v1/healthcare_services.pb.h"

namespace trellis::directory {

// Thread-safe.
class HealthcareServicesApi {
 public:
  explicit HealthcareServicesApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::GetHealthcareServiceResponse> GetHealthcareService(rpc::CallContext& call,
                                                                        const v1::GetHealthcareServiceRequest& request);
  absl::StatusOr<v1::ListHealthcareServicesResponse> ListHealthcareServices(
      rpc::CallContext& call, const v1::ListHealthcareServicesRequest& request);
  absl::StatusOr<v1::SearchHealthcareServicesResponse> SearchHealthcareServices(
      rpc::CallContext& call, const v1::SearchHealthcareServicesRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_HEALTHCARE_SERVICES_API_H_
