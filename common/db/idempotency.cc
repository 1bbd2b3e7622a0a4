#include "common/db/idempotency.h"

#include <tuple>

#include "common/base/error.h"

namespace trellis::db {
namespace {

absl::Status Broken(absl::string_view what) { return Error(absl::StatusCode::kInternal, "DATABASE_ERROR", what); }

// The record is there because another transaction made it and has ended.
absl::StatusOr<std::optional<std::string>> FormerResponse(Session& session, const IdempotencyKey& key) {
  TRELLIS_ASSIGN_OR_RETURN(auto row,
                           session.QueryOne<std::string, std::optional<std::string>>(
                               "SELECT request_hash, response FROM idempotency "
                               "WHERE organization_id = ? AND principal_id = ? AND method = ? AND request_id = ?",
                               key.organization, key.principal, key.method, key.request_id));
  if (!row.has_value()) {  // purged in between
    return Error(absl::StatusCode::kAborted, "TRANSACTION_CONFLICT", "another change was in the way; try again");
  }
  auto& [hash, response] = *row;
  if (hash != key.request_hash) {
    return Error(absl::StatusCode::kFailedPrecondition, "REQUEST_ID_REUSED",
                 "this request_id was used for a request with other content")
        .With("request_id", key.request_id.ToString());
  }
  if (!response.has_value()) return Broken("a finished request has no stored response");
  return response;
}

}  // namespace

absl::StatusOr<std::optional<std::string>> Claim(Session& session, const IdempotencyKey& key, absl::Time now) {
  // A commit can be seen before it is on disk; if the server dies in between, it has never been. So a repetition
  // changes the record too, if only by a microsecond: its COMMIT then waits until the log is on disk as far as this,
  // and only then is the caller told that it is done. In one statement, because a failed INSERT would keep a shared
  // lock, with which repetitions at one time would be in each other's way.
  TRELLIS_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      session.Execute(
          "INSERT INTO idempotency (organization_id, principal_id, method, request_id, request_hash, create_time) "
          "VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE create_time = create_time + INTERVAL 1 MICROSECOND",
          key.organization, key.principal, key.method, key.request_id, key.request_hash, now));
  constexpr std::int64_t kUpdated = 2;  // what the server counts for a row that was there
  if (rows != kUpdated) return std::optional<std::string>();
  return FormerResponse(session, key);
}

absl::Status Store(Session& session, const IdempotencyKey& key, absl::string_view response) {
  TRELLIS_ASSIGN_OR_RETURN(const std::int64_t rows,
                           session.Execute("UPDATE idempotency SET response = ? WHERE organization_id = ? AND "
                                           "principal_id = ? AND method = ? AND request_id = ?",
                                           response, key.organization, key.principal, key.method, key.request_id));
  return rows == 1 ? absl::OkStatus() : Broken("a response was stored for a request that was not claimed");
}

absl::StatusOr<std::int64_t> PurgeIdempotency(Pool& pool, absl::Time deadline, absl::Time before, int chunk) {
  std::int64_t total = 0;
  while (absl::Now() < deadline) {
    std::int64_t deleted = 0;
    TRELLIS_RETURN_IF_ERROR(pool.Transact(deadline, [&](Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(
          deleted,
          session.Execute("DELETE FROM idempotency WHERE create_time < ? ORDER BY create_time LIMIT ?", before, chunk));
      return absl::OkStatus();
    }));
    total += deleted;
    if (deleted < chunk) break;
  }
  return total;
}

}  // namespace trellis::db
