// trellis.caseload.v1.SafetyAlerts.
#ifndef TRELLIS_SERVICES_CASELOAD_API_SAFETY_ALERTS_API_H_
#define TRELLIS_SERVICES_CASELOAD_API_SAFETY_ALERTS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/caseload/api/options.h"
#include "services/caseload/storage/safety_alerts.h"
#include "trellis/caseload/v1/safety_alerts.pb.h"

namespace trellis::caseload {

// Thread-safe.
class SafetyAlertsApi {
 public:
  SafetyAlertsApi(runtime::Runtime& runtime, const Options& options) : runtime_(runtime), options_(options) {}

  absl::StatusOr<v1::GetSafetyAlertResponse> GetSafetyAlert(rpc::CallContext& call,
                                                            const v1::GetSafetyAlertRequest& request);
  absl::StatusOr<v1::ListSafetyAlertsResponse> ListSafetyAlerts(rpc::CallContext& call,
                                                                const v1::ListSafetyAlertsRequest& request);
  absl::StatusOr<v1::AcknowledgeSafetyAlertResponse> AcknowledgeSafetyAlert(
      rpc::CallContext& call, const v1::AcknowledgeSafetyAlertRequest& request);

 private:
  // NOT_FOUND also where the caller may not see the person.
  absl::StatusOr<SafetyAlertRecord> RequireAlert(rpc::CallContext& call, absl::string_view name);
  absl::StatusOr<SafetyAlertRecord> Acknowledge(runtime::WriteUnit& unit, const SafetyAlertRecord& seen, const Id& user,
                                                const v1::AcknowledgeSafetyAlertRequest& request);

  runtime::Runtime& runtime_;
  const Options options_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_SAFETY_ALERTS_API_H_
