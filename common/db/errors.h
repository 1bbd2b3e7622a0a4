// What an error of the database means to the caller.
#ifndef TRELLIS_COMMON_DB_ERRORS_H_
#define TRELLIS_COMMON_DB_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace trellis::db {

// The status of a failed statement. The server's message is only searched for the name of a key or constraint; it may
// hold values and is never passed on. The error number travels along as a payload.
absl::Status StatusOf(int database_errno, absl::string_view server_message);

// 0 where the status does not come from the database; -1 for an error of the connector without a number.
int ErrnoOf(const absl::Status& status);

// A unique key refused the row. DetailsOf(status) has metadata "key": the key's name, "PRIMARY" for the primary key.
bool IsDuplicateKey(const absl::Status& status);
bool IsDuplicateKey(const absl::Status& status, absl::string_view key);

// A named CHECK or a foreign key refused the row. DetailsOf(status) has metadata "constraint".
bool IsConstraintViolation(const absl::Status& status);

// The transaction is undone and may succeed when it is run again.
bool IsConflict(int database_errno);
// The connection is of no more use.
bool IsConnectionLost(int database_errno);
// After COMMIT failed like this, nobody knows whether it was done.
bool IsUnknownAtCommit(int database_errno);

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_ERRORS_H_
