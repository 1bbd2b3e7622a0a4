// trellis.caseload.v1.Worklist.
#ifndef TRELLIS_SERVICES_CASELOAD_API_WORKLIST_API_H_
#define TRELLIS_SERVICES_CASELOAD_API_WORKLIST_API_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/rpc/page.h"
#include "common/runtime/runtime.h"
#include "services/caseload/api/leads.h"
#include "services/caseload/storage/worklist.h"
#include "trellis/caseload/v1/worklists.pb.h"

namespace trellis::caseload {

// Thread-safe.
class WorklistApi {
 public:
  WorklistApi(runtime::Runtime& runtime, Leads& leads) : runtime_(runtime), leads_(leads) {}

  absl::StatusOr<v1::ListWorklistResponse> ListWorklist(rpc::CallContext& call, const v1::ListWorklistRequest& request);

 private:
  // One more than the page holds, where there are more.
  absl::StatusOr<std::vector<ListedEntry>> OfCoordinator(rpc::CallContext& call, const Id& coordinator,
                                                         const rpc::Page& page);
  absl::StatusOr<std::vector<ListedEntry>> OfPopulation(rpc::CallContext& call, const Id& population,
                                                        const rpc::Page& page);
  absl::StatusOr<std::vector<ListedEntry>> OfAllVisible(rpc::CallContext& call, const rpc::Page& page);

  runtime::Runtime& runtime_;
  Leads& leads_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_WORKLIST_API_H_
