// A place in time as the key of a page token.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_PLACE_TOKEN_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_PLACE_TOKEN_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/assessment/domain/assessment.h"

namespace trellis::assessment {

std::string EncodePlace(const Place& place, absl::string_view filter);

// Nothing for an empty token. Error: INVALID_ARGUMENT on the field page_token.
absl::StatusOr<std::optional<Place>> DecodePlace(absl::string_view token, absl::string_view filter);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_PLACE_TOKEN_H_
