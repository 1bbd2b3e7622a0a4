// Errors as people need them.
#ifndef TRELLIS_SERVICES_CLI_PROBLEM_H_
#define TRELLIS_SERVICES_CLI_PROBLEM_H_

#include <string>

#include "absl/status/status.h"

namespace trellis::cli {

// What went wrong, field by field where fields are wrong, the stable reason, and what to do next.
std::string Explain(const absl::Status& status);

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_PROBLEM_H_
