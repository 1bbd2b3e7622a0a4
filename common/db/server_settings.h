// Settings of the server without which records get lost or wrong.
#ifndef TRELLIS_COMMON_DB_SERVER_SETTINGS_H_
#define TRELLIS_COMMON_DB_SERVER_SETTINGS_H_

#include "absl/status/status.h"
#include "common/db/session.h"

namespace trellis::db {

// FAILED_PRECONDITION UNSAFE_DATABASE with a message that names every unsafe setting, its value and the value that is
// needed. For operators, at start.
absl::Status CheckServerSettings(Session& session);

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_SERVER_SETTINGS_H_
