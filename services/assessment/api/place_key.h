// A place in time as the key of a page.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_PLACE_KEY_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_PLACE_KEY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/assessment/domain/assessment.h"

namespace trellis::assessment {

std::string KeyOf(const Place& place);

// Nothing for an empty key. Error: INVALID_ARGUMENT on the field page_token.
absl::StatusOr<std::optional<Place>> PlaceFromKey(absl::string_view key);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_PLACE_KEY_H_
