// What this binary was built from.
#ifndef TRELLIS_COMMON_RUNTIME_BUILD_INFO_H_
#define TRELLIS_COMMON_RUNTIME_BUILD_INFO_H_

#include "absl/strings/string_view.h"
#include "common/metrics/registry.h"

namespace trellis::runtime {

metrics::BuildInfo ThisBuild(absl::string_view service);

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_BUILD_INFO_H_
