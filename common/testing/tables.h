// The tables of a service's schema, for tests that ask whether something was written.
#ifndef TRELLIS_COMMON_TESTING_TABLES_H_
#define TRELLIS_COMMON_TESTING_TABLES_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/db/pool.h"

namespace trellis::testing {

// Calls `visit` for each table (at most 200) that changes only when a call changes something: without the audit, the
// positions of feeds, leases, and failed attempts to sign in. Error: the first one of the database or of `visit`.
absl::Status ForEachStillTable(db::Pool& pool,
                               absl::FunctionRef<absl::Status(db::Session&, const std::string& table)> visit);

}  // namespace trellis::testing

#endif  // TRELLIS_COMMON_TESTING_TABLES_H_
