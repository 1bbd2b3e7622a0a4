#include "common/testing/tables.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/session.h"

namespace trellis::testing {

absl::Status ForEachStillTable(db::Pool& pool,
                               absl::FunctionRef<absl::Status(db::Session&, const std::string& table)> visit) {
  static const std::set<std::string> kMoving = {"feed_head", "feed_follower", "schema_migration", "lease",
                                                "sign_in_attempt"};
  return pool.Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(
        const auto tables,
        session.Query<std::string>(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() LIMIT 200"));
    for (const auto& [table] : tables) {
      if (kMoving.count(table) != 0 || absl::StartsWith(table, "audit_")) continue;
      TRELLIS_RETURN_IF_ERROR(visit(session, table));
    }
    return absl::OkStatus();
  });
}

}  // namespace trellis::testing
