// Assessments between the contract and the domain.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_ASSESSMENT_CONVERT_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_ASSESSMENT_CONVERT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/assessment/domain/assessment.h"
#include "services/assessment/domain/instrument.h"
#include "services/assessment/storage/trajectory_store.h"
#include "trellis/assessment/v1/assessment.pb.h"
#include "trellis/assessment/v1/assessment_events.pb.h"

namespace trellis::assessment {

// The answers of a request. Errors: INVALID_ARGUMENT naming each item whose answer is not set.
absl::StatusOr<std::vector<Answer>> AnswersFromProto(const google::protobuf::RepeatedPtrField<v1::Answer>& answers);

// When the assessment was administered; nothing where the request does not say. Error: INVALID_ARGUMENT for a moment
// that cannot be.
absl::StatusOr<std::optional<absl::Time>> EffectiveTimeFromProto(const v1::Assessment& assessment, absl::Time now);

// What an assessment's outcomes are compared with, by outcome code.
using EarlierByOutcome = absl::flat_hash_map<std::string, storage::Earlier>;

// An outcome with bands and severity, and the changes since the values in `earlier` where there are any.
// `instrument_labels`: those of all of its assessments.
v1::Outcome ToProto(const OutcomeDefinition& definition, const OutcomeValue& value, const storage::Earlier& earlier,
                    LabelSet instrument_labels);

// An assessment without answers and changes. A nil id gives no name (an assessment that is not kept).
v1::Assessment ToProto(const Instrument& instrument, const Assessment& assessment, const EarlierByOutcome& earlier);
void AddAnswers(const std::vector<Answer>& answers, v1::Assessment* out);

v1::AssessmentRecorded EventOf(const v1::Assessment& assessment, bool latest);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_ASSESSMENT_CONVERT_H_
