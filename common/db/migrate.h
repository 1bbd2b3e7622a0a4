// Brings a schema up to date with the numbered files that a binary carries, and tells whether it is.
#ifndef TRELLIS_COMMON_DB_MIGRATE_H_
#define TRELLIS_COMMON_DB_MIGRATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/embedded.h"
#include "common/db/pool.h"

namespace trellis::db {

struct MigrateOptions {
  absl::Duration lease_term = absl::Seconds(30);    // renewed every third of it while files are applied
  absl::Duration lease_wait = absl::Minutes(5);     // for another migrator of the same schema to finish
  absl::Duration statement_limit = absl::Hours(2);  // of one statement of a file
};

// Applies the files "0001_name.sql", "0002_..." that are missing, in order, each once, under a lease: any number of
// migrators may run at a time. `component` names the series ("runtime", "identity"); one schema can hold several.
// A file that was applied must never change (checksum). When a migrator dies in the middle of a file, the next one goes
// on behind the last statement that was done.
// Errors: FAILED_PRECONDITION (MIGRATION_CHANGED, MIGRATION_INVALID, MIGRATION_FAILED), UNAVAILABLE.
absl::Status Migrate(Pool& pool, absl::string_view component, const std::vector<EmbeddedFile>& files,
                     const MigrateOptions& options = {});

// OK when every file was applied. A schema that is newer than the files is fine, an older one is
// FAILED_PRECONDITION SCHEMA_TOO_OLD.
absl::Status CheckVersion(Pool& pool, absl::Time deadline, absl::string_view component,
                          const std::vector<EmbeddedFile>& files);

// The statements of a file: parted by ';' outside of quotes and comments, without comments around them.
std::vector<std::string> SplitStatements(absl::string_view sql);

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_MIGRATE_H_
