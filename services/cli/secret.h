// Asking for what must not be shown.
#ifndef TRELLIS_SERVICES_CLI_SECRET_H_
#define TRELLIS_SERVICES_CLI_SECRET_H_

#include <string>

namespace trellis::cli {

// Reads a line from the terminal without showing it; from a pipe as it is.
std::string AskSecret(const std::string& prompt);

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_SECRET_H_
