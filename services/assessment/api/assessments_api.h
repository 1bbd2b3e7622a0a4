// trellis.assessment.v1.Assessments.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_ASSESSMENTS_API_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_ASSESSMENTS_API_H_

#include <optional>

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/assessment/api/assessment_convert.h"
#include "services/assessment/domain/instrument_registry.h"
#include "trellis/assessment/v1/assessments.pb.h"

namespace trellis::assessment {

// Thread-safe. Runtime and registry outlive it.
class AssessmentsApi {
 public:
  AssessmentsApi(runtime::Runtime& runtime, const InstrumentRegistry& registry)
      : runtime_(runtime), registry_(registry) {}

  absl::StatusOr<v1::RecordAssessmentResponse> RecordAssessment(rpc::CallContext& call,
                                                                const v1::RecordAssessmentRequest& request);
  absl::StatusOr<v1::GetAssessmentResponse> GetAssessment(rpc::CallContext& call,
                                                          const v1::GetAssessmentRequest& request);
  absl::StatusOr<v1::ListAssessmentsResponse> ListAssessments(rpc::CallContext& call,
                                                              const v1::ListAssessmentsRequest& request);

 private:
  // What a request asks to record, checked and scored.
  struct Draft {
    const Instrument* instrument = nullptr;
    Assessment assessment;  // without id and times
    std::optional<absl::Time> effective_time;
  };

  absl::StatusOr<Draft> MakeDraft(const rpc::CallContext& call, const v1::Assessment& assessment) const;
  absl::StatusOr<v1::RecordAssessmentResponse> Record(runtime::WriteUnit& unit, Draft draft) const;
  absl::StatusOr<v1::RecordAssessmentResponse> Validate(rpc::CallContext& call, Draft draft);
  absl::StatusOr<const Instrument*> InstrumentOf(const Assessment& assessment) const;

  runtime::Runtime& runtime_;
  const InstrumentRegistry& registry_;
};

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_ASSESSMENTS_API_H_
