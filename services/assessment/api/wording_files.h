// Reads the wording files of an installation from disk.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_WORDING_FILES_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_WORDING_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/embedded.h"

namespace trellis::assessment {

// All files of the folder that end in ".json", by name; none for an empty path. Error: INVALID_ARGUMENT where the
// folder or a file cannot be read.
absl::StatusOr<std::vector<EmbeddedFile>> ReadWordingFiles(const std::string& folder);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_WORDING_FILES_H_
