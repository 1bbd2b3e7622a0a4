// How answers look in the database, the one seam through which they pass: encoded, then sealed with the person's key.
#ifndef TRELLIS_SERVICES_ASSESSMENT_STORAGE_ANSWER_CODEC_H_
#define TRELLIS_SERVICES_ASSESSMENT_STORAGE_ANSWER_CODEC_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/seal/envelope.h"
#include "services/assessment/domain/answers.h"

namespace trellis::assessment {

// The bytes to seal. Their first one is the number of the form, so that forms can live side by side.
std::string EncodeAnswers(const std::vector<Answer>& answers);

// Error: DATA_LOSS where the bytes are not of a form that this version knows.
absl::StatusOr<std::vector<Answer>> DecodeAnswers(absl::string_view bytes);

// Where the answers of an assessment stand.
seal::Place AnswersOf(const Id& organization, const Id& person, const Id& assessment);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_STORAGE_ANSWER_CODEC_H_
