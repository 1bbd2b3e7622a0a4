// trellis.caseload.v1.Cases.
#ifndef TRELLIS_SERVICES_CASELOAD_API_CASES_API_H_
#define TRELLIS_SERVICES_CASELOAD_API_CASES_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/caseload/api/options.h"
#include "services/caseload/storage/cases.h"
#include "trellis/caseload/v1/cases.pb.h"

namespace trellis::caseload {

// Thread-safe.
class CasesApi {
 public:
  CasesApi(runtime::Runtime& runtime, const Options& options) : runtime_(runtime), options_(options) {}

  absl::StatusOr<v1::OpenCaseResponse> OpenCase(rpc::CallContext& call, const v1::OpenCaseRequest& request);
  absl::StatusOr<v1::GetCaseResponse> GetCase(rpc::CallContext& call, const v1::GetCaseRequest& request);
  absl::StatusOr<v1::ListCasesResponse> ListCases(rpc::CallContext& call, const v1::ListCasesRequest& request);
  absl::StatusOr<v1::CloseCaseResponse> CloseCase(rpc::CallContext& call, const v1::CloseCaseRequest& request);

 private:
  absl::StatusOr<CaseRecord> Close(runtime::WriteUnit& unit, const rpc::Caller& caller, const CaseRecord& seen,
                                   const v1::CloseCaseRequest& request);

  runtime::Runtime& runtime_;
  const Options options_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_CASES_API_H_
