#include "services/identity/storage/emergency_accesses.h"

#include <tuple>
#include <utility>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

#define TRELLIS_EMERGENCY_COLUMNS                                                                          \
  "id, person_id, user_id, reason, explanation, start_time, expire_time, end_time, verdict, reviewer_id, " \
  "review_note, review_time"

constexpr char kInsert[] = "INSERT INTO emergency_access (organization_id, " TRELLIS_EMERGENCY_COLUMNS
                           ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kFind[] =
    "SELECT " TRELLIS_EMERGENCY_COLUMNS " FROM emergency_access WHERE organization_id = ? AND id = ?";
constexpr char kLock[] =
    "SELECT " TRELLIS_EMERGENCY_COLUMNS " FROM emergency_access WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kUpdate[] =
    "UPDATE emergency_access SET end_time = ?, verdict = ?, reviewer_id = ?, review_note = ?, review_time = ? "
    "WHERE organization_id = ? AND id = ?";
constexpr char kList[] = "SELECT " TRELLIS_EMERGENCY_COLUMNS
                         " FROM emergency_access WHERE organization_id = ? AND id > ? ORDER BY id LIMIT ?";
constexpr char kListUnreviewed[] =
    "SELECT " TRELLIS_EMERGENCY_COLUMNS
    " FROM emergency_access WHERE organization_id = ? AND verdict = 0 AND id > ? ORDER BY id LIMIT ?";
constexpr char kListOfUser[] =
    "SELECT " TRELLIS_EMERGENCY_COLUMNS
    " FROM emergency_access WHERE organization_id = ? AND user_id = ? AND id > ? ORDER BY id LIMIT ?";
constexpr char kListUnreviewedOfUser[] =
    "SELECT " TRELLIS_EMERGENCY_COLUMNS
    " FROM emergency_access WHERE organization_id = ? AND user_id = ? AND verdict = 0 AND id > ? ORDER BY id LIMIT ?";

#undef TRELLIS_EMERGENCY_COLUMNS

using OptionalTime = std::optional<absl::Time>;

absl::StatusOr<std::vector<EmergencyAccessRow>> Select(db::Session& session, absl::string_view sql,
                                                       const std::vector<db::Value>& arguments) {
  TRELLIS_ASSIGN_OR_RETURN(auto found,
                           (session.Query<Id, Id, Id, int, std::string, absl::Time, absl::Time, OptionalTime, int,
                                          std::optional<Id>, std::string, OptionalTime>(sql, arguments)));
  std::vector<EmergencyAccessRow> rows;
  rows.reserve(found.size());
  for (auto& [id, person, user, reason, explanation, start, expire, end, verdict, reviewer, note, review] : found) {
    rows.push_back({{id, person, user, start, expire, end, static_cast<Verdict>(verdict)},
                    reason,
                    std::move(explanation),
                    reviewer,
                    std::move(note),
                    review});
  }
  return rows;
}

absl::StatusOr<std::optional<EmergencyAccessRow>> SelectOne(db::Session& session, absl::string_view sql,
                                                            const Id& organization, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, Select(session, sql, {organization, id}));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace

absl::Status InsertEmergencyAccess(db::Session& tx, const Id& organization, const EmergencyAccessRow& row) {
  const EmergencyAccess& access = row.access;
  return tx
      .Execute(kInsert, organization, access.id, access.person, access.user, row.reason, row.explanation,
               access.start_time, access.expire_time, access.end_time, static_cast<int>(access.verdict), row.reviewer,
               row.review_note, row.review_time)
      .status();
}

absl::StatusOr<std::optional<EmergencyAccessRow>> FindEmergencyAccess(db::Session& session, const Id& organization,
                                                                      const Id& id) {
  return SelectOne(session, kFind, organization, id);
}

absl::StatusOr<std::optional<EmergencyAccessRow>> LockEmergencyAccess(db::Session& tx, const Id& organization,
                                                                      const Id& id) {
  return SelectOne(tx, kLock, organization, id);
}

absl::Status UpdateEmergencyAccess(db::Session& tx, const Id& organization, const EmergencyAccessRow& row) {
  return tx
      .Execute(kUpdate, row.access.end_time, static_cast<int>(row.access.verdict), row.reviewer, row.review_note,
               row.review_time, organization, row.access.id)
      .status();
}

absl::StatusOr<std::vector<EmergencyAccessRow>> ListEmergencyAccesses(db::Session& session, const Id& organization,
                                                                      const EmergencyAccessFilter& filter,
                                                                      const Id& after, int limit) {
  if (filter.user.has_value()) {
    return Select(session, filter.unreviewed ? kListUnreviewedOfUser : kListOfUser,
                  {organization, *filter.user, after, limit});
  }
  return Select(session, filter.unreviewed ? kListUnreviewed : kList, {organization, after, limit});
}

}  // namespace trellis::identity::storage
