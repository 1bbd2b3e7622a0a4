// trellis.assessment.v1.Trajectories.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_TRAJECTORIES_API_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_TRAJECTORIES_API_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/assessment/domain/instrument_registry.h"
#include "services/assessment/storage/trajectory_store.h"
#include "trellis/assessment/v1/trajectories.pb.h"

namespace trellis::assessment {

// Thread-safe. Runtime and registry outlive it.
class TrajectoriesApi {
 public:
  TrajectoriesApi(runtime::Runtime& runtime, const InstrumentRegistry& registry)
      : runtime_(runtime), registry_(registry) {}

  absl::StatusOr<v1::GetTrajectoryResponse> GetTrajectory(rpc::CallContext& call,
                                                          const v1::GetTrajectoryRequest& request);

 private:
  // The meaning of a point by the version of the instrument that it was recorded with.
  const OutcomeDefinition& DefinitionOf(const std::string& instrument, int version,
                                        const OutcomeDefinition& newest) const;

  runtime::Runtime& runtime_;
  const InstrumentRegistry& registry_;
};

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_TRAJECTORIES_API_H_
