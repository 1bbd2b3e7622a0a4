// trellis.assessment.v1.Cohorts.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_COHORTS_API_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_COHORTS_API_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/assessment/domain/disclosure.h"
#include "services/assessment/domain/instrument_registry.h"
#include "trellis/assessment/v1/cohorts.pb.h"

namespace trellis::assessment {

// Thread-safe. Runtime and registry outlive it.
class CohortsApi {
 public:
  CohortsApi(runtime::Runtime& runtime, const InstrumentRegistry& registry, DisclosureRules rules)
      : runtime_(runtime), registry_(registry), rules_(rules) {}

  absl::StatusOr<v1::SummarizeOutcomesResponse> SummarizeOutcomes(rpc::CallContext& call,
                                                                  const v1::SummarizeOutcomesRequest& request);
  absl::StatusOr<v1::SummarizeMembersResponse> SummarizeMembers(rpc::CallContext& call,
                                                                const v1::SummarizeMembersRequest& request);

 private:
  // Both requests name outcome and period in the same words. persons: nothing for everybody.
  template <class Request>
  absl::StatusOr<v1::CohortSummary> Summarize(rpc::CallContext& call, const Request& request,
                                              const std::optional<std::vector<Id>>& persons);

  runtime::Runtime& runtime_;
  const InstrumentRegistry& registry_;
  const DisclosureRules rules_;
};

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_COHORTS_API_H_
