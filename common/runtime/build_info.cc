#include "common/runtime/build_info.h"

#include <string>

namespace trellis::runtime {

metrics::BuildInfo ThisBuild(absl::string_view service) {
  return {.service = std::string(service), .version = TRELLIS_VERSION, .revision = TRELLIS_REVISION};
}

}  // namespace trellis::runtime
