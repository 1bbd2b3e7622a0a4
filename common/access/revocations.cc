#include "common/access/revocations.h"

#include <cstdint>
#include <tuple>

#include "common/base/status_macros.h"

namespace trellis::access {
namespace {

constexpr int kPageSize = 5000;

}  // namespace

absl::Status PutRevocation(db::Session& tx, const Revocation& revocation) {
  return tx
      .Execute(
          "INSERT INTO session_revocation (organization_id, user_id, session_id, issued_before, write_time) "
          "VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE "
          "issued_before = GREATEST(issued_before, VALUES(issued_before)), write_time = VALUES(write_time)",
          revocation.organization, revocation.user, revocation.session, revocation.issued_before)
      .status();
}

absl::StatusOr<bool> IsRevoked(db::Session& session, const rpc::Caller& caller) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto row, session.QueryOne<std::int64_t>(
                          "SELECT COUNT(*) FROM session_revocation WHERE organization_id = ? AND user_id = ? "
                          "AND session_id IN (?, ?) AND (session_id = ? OR issued_before > ?)",
                          caller.organization, caller.user, caller.session, Id(), caller.session, caller.issue_time));
  return row.has_value() && std::get<0>(*row) > 0;
}

absl::StatusOr<std::vector<Revocation>> LoadRevocations(db::Session& session, absl::Duration age) {
  std::vector<Revocation> out;
  absl::Time from = absl::UnixEpoch();
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(
        const auto page,
        (session.Query<Id, Id, Id, std::optional<absl::Time>, absl::Time>(
            "SELECT organization_id, user_id, session_id, issued_before, write_time FROM session_revocation "
            "WHERE write_time >= UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND AND write_time >= ? "
            "ORDER BY write_time LIMIT ?",
            absl::ToInt64Microseconds(age), from, kPageSize)));
    for (const auto& [organization, user, id, issued_before, write_time] : page) {
      out.push_back({organization, user, id, issued_before});
    }
    // A page that begins where it ends cannot happen: one transaction ends a few hundred sessions at most.
    if (page.size() < kPageSize || std::get<4>(page.back()) == from) return out;
    from = std::get<4>(page.back());
  }
}

absl::Status PurgeRevocations(db::Session& tx, absl::Duration age) {
  return tx
      .Execute(
          "DELETE FROM session_revocation WHERE write_time < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND "
          "ORDER BY write_time LIMIT 1000",
          absl::ToInt64Microseconds(age))
      .status();
}

}  // namespace trellis::access
