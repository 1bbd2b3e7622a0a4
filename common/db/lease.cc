#include "common/db/lease.h"

#include <tuple>

#include "common/db/errors.h"

namespace trellis::db {
namespace {

std::int64_t Micros(absl::Duration term) { return absl::ToInt64Microseconds(term); }

}  // namespace

absl::Status CreateLeaseTable(Session& session) {
  return session.ExecuteText(
      "CREATE TABLE IF NOT EXISTS lease ("
      "  name VARBINARY(64) NOT NULL,"
      "  holder BINARY(16) NOT NULL,"
      "  fence BIGINT NOT NULL,"
      "  expire_time DATETIME(6) NOT NULL,"
      "  PRIMARY KEY (name)"
      ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci");
}

absl::StatusOr<std::optional<std::int64_t>> AcquireLease(Session& session, absl::string_view name, const Id& holder,
                                                         absl::Duration term) {
  using Fence = std::optional<std::int64_t>;
  TRELLIS_ASSIGN_OR_RETURN(const auto row,
                           session.QueryOne<Id, std::int64_t, bool>(
                               "SELECT holder, fence, expire_time > UTC_TIMESTAMP(6) FROM lease WHERE name = ?", name));
  if (!row.has_value()) {
    const auto inserted = session.Execute(
        "INSERT INTO lease (name, holder, fence, expire_time) "
        "VALUES (?, ?, 1, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)",
        name, holder, Micros(term));
    if (inserted.ok()) return Fence(1);
    if (IsDuplicateKey(inserted.status())) return Fence();
    return inserted.status();
  }
  const auto& [former, fence, alive] = *row;
  if (alive && former != holder) return Fence();
  const std::int64_t next = alive ? fence : fence + 1;
  // Takes it only when nobody has changed the row since it was read.
  TRELLIS_ASSIGN_OR_RETURN(const std::int64_t rows,
                           session.Execute("UPDATE lease SET holder = ?, fence = ?, "
                                           "expire_time = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND "
                                           "WHERE name = ? AND holder = ? AND fence = ? AND "
                                           "(expire_time > UTC_TIMESTAMP(6)) = ?",
                                           holder, next, Micros(term), name, former, fence, alive));
  return rows == 1 ? Fence(next) : Fence();
}

absl::StatusOr<bool> RenewLease(Session& session, absl::string_view name, const Id& holder, std::int64_t fence,
                                absl::Duration term) {
  TRELLIS_ASSIGN_OR_RETURN(const std::int64_t rows,
                           session.Execute("UPDATE lease SET expire_time = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND "
                                           "WHERE name = ? AND holder = ? AND fence = ?",
                                           Micros(term), name, holder, fence));
  return rows == 1;
}

absl::StatusOr<bool> CheckLease(Session& session, absl::string_view name, const Id& holder, std::int64_t fence) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto row,
      session.QueryOne<std::int64_t>("SELECT fence FROM lease WHERE name = ? AND holder = ? AND fence = ? FOR UPDATE",
                                     name, holder, fence));
  return row.has_value();
}

absl::Status ReleaseLease(Session& session, absl::string_view name, const Id& holder, std::int64_t fence) {
  return session
      .Execute("UPDATE lease SET expire_time = UTC_TIMESTAMP(6) WHERE name = ? AND holder = ? AND fence = ?", name,
               holder, fence)
      .status();
}

}  // namespace trellis::db
