#include "common/access/relations.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::access {
namespace {

using Arguments = std::vector<db::Value>;

// The same in every statement: live at the time of two markers.
std::string Live(absl::string_view alias) {
  return absl::StrCat(alias, ".revoke_time IS NULL AND ", alias, ".valid_from <= ? AND (", alias,
                      ".valid_to IS NULL OR ", alias, ".valid_to > ?)");
}

}  // namespace

absl::Status PutRelation(db::Session& tx, const Relation& relation) {
  const RelationKey& key = relation.key;
  return tx
      .Execute(
          "INSERT INTO access_relation "
          "(organization_id, resource_id, kind, subject_id, valid_from, valid_to, revoke_time) "
          "VALUES (?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE "
          "valid_from = VALUES(valid_from), valid_to = VALUES(valid_to), revoke_time = VALUES(revoke_time)",
          key.organization, key.resource, static_cast<int>(key.kind), key.subject, relation.valid_from,
          relation.valid_to, relation.revoke_time)
      .status();
}

absl::StatusOr<bool> RevokeRelation(db::Session& tx, const RelationKey& key, absl::Time revoke_time) {
  TRELLIS_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      tx.Execute("UPDATE access_relation SET revoke_time = ? WHERE organization_id = ? AND resource_id = ? "
                 "AND kind = ? AND subject_id = ? AND revoke_time IS NULL",
                 revoke_time, key.organization, key.resource, static_cast<int>(key.kind), key.subject));
  return rows > 0;
}

absl::StatusOr<std::optional<Relation>> FindRelation(db::Session& session, const RelationKey& key, bool lock) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto row,
      (session.QueryOne<absl::Time, std::optional<absl::Time>, std::optional<absl::Time>>(
          absl::StrCat("SELECT valid_from, valid_to, revoke_time FROM access_relation WHERE organization_id = ? "
                       "AND resource_id = ? AND kind = ? AND subject_id = ?",
                       lock ? " FOR UPDATE" : ""),
          key.organization, key.resource, static_cast<int>(key.kind), key.subject)));
  if (!row.has_value()) return std::nullopt;
  const auto& [valid_from, valid_to, revoke_time] = *row;
  return Relation{key, valid_from, valid_to, revoke_time};
}

absl::StatusOr<bool> MaySeePerson(db::Session& session, const Id& organization, const Id& user, const Id& person,
                                  absl::Time now) {
  static const auto* const sql = new std::string(absl::StrCat(
      "SELECT 1 FROM access_relation c WHERE c.organization_id = ? AND c.resource_id = ? AND c.kind = 1 "
      "AND c.subject_id = ? AND ",
      Live("c"),
      " UNION ALL SELECT 1 FROM access_relation m JOIN access_relation l ON l.organization_id = m.organization_id "
      "AND l.resource_id = m.subject_id AND l.kind = 3 AND l.subject_id = ? AND ",
      Live("l"), " WHERE m.organization_id = ? AND m.resource_id = ? AND m.kind = 2 AND ", Live("m"), " LIMIT 1"));
  TRELLIS_ASSIGN_OR_RETURN(const auto row,
                           session.QueryOne<std::int64_t>(*sql, organization, person, user, now, now,  //
                                                          user, now, now, organization, person, now, now));
  return row.has_value();
}

absl::StatusOr<bool> HasEmergency(db::Session& session, const Id& organization, const Id& user, const Id& person,
                                  absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const auto found,
                           FindRelation(session, {organization, person, RelationKind::kEmergency, user}));
  return found.has_value() && found->LiveAt(now) && found->valid_to.has_value() &&
         *found->valid_to - found->valid_from <= kLongestEmergency;
}

// Scalar subqueries, not EXISTS: MariaDB turns EXISTS into IN and then collects all persons of the user first, however
// few rows the list needs. The names in here are long so that they hide no table of the query around.
SqlPart AllowedPersonCondition(absl::string_view person_column, const Id& organization, const Id& user,
                               absl::Time now) {
  return {absl::StrCat("((SELECT 1 FROM access_relation ar_team WHERE ar_team.organization_id = ? "
                       "AND ar_team.resource_id = ",
                       person_column, " AND ar_team.kind = 1 AND ar_team.subject_id = ? AND ", Live("ar_team"),
                       " LIMIT 1) IS NOT NULL OR (SELECT 1 FROM access_relation ar_member JOIN access_relation ar_lead "
                       "ON ar_lead.organization_id = ar_member.organization_id "
                       "AND ar_lead.resource_id = ar_member.subject_id AND ar_lead.kind = 3 "
                       "AND ar_lead.subject_id = ? AND ",
                       Live("ar_lead"), " WHERE ar_member.organization_id = ? AND ar_member.resource_id = ",
                       person_column, " AND ar_member.kind = 2 AND ", Live("ar_member"), " LIMIT 1) IS NOT NULL)"),
          Arguments{organization, user, now, now, user, now, now, organization, now, now}};
}

SqlPart AllowedPersonsTable(const Id& organization, const Id& user, absl::Time now) {
  return {
      absl::StrCat("(SELECT c.resource_id AS person_id FROM access_relation c WHERE c.organization_id = ? "
                   "AND c.subject_id = ? AND c.kind = 1 AND ",
                   Live("c"),
                   " UNION SELECT m.resource_id AS person_id FROM access_relation l JOIN access_relation m "
                   "ON m.organization_id = l.organization_id AND m.subject_id = l.resource_id AND m.kind = 2 AND ",
                   Live("m"), " WHERE l.organization_id = ? AND l.subject_id = ? AND l.kind = 3 AND ", Live("l"), ")"),
      Arguments{organization, user, now, now, now, now, organization, user, now, now}};
}

}  // namespace trellis::access
