#include "common/access/relations.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::access {
namespace {

using Arguments = std::vector<db::Value>;

// The same in every statement: live at the time of one marker. (Times are whole microseconds; every marker costs.)
std::string Live(absl::string_view alias) {
  return absl::StrCat(alias, ".revoke_time IS NULL AND ? BETWEEN ", alias, ".valid_from AND COALESCE(", alias,
                      ".valid_to - INTERVAL 1 MICROSECOND, TIMESTAMP'9999-12-31 23:59:59.999999')");
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
  static const auto* const team = new std::string(
      absl::StrCat("SELECT 1 FROM access_relation c WHERE c.organization_id = ? AND c.resource_id = ? AND c.kind = 1 "
                   "AND c.subject_id = ? AND ",
                   Live("c"), " LIMIT 1"));
  static const auto* const population = new std::string(absl::StrCat(
      "SELECT 1 FROM access_relation m FORCE INDEX (PRIMARY) JOIN access_relation l FORCE INDEX (PRIMARY) "
      "ON l.organization_id = m.organization_id AND l.resource_id = m.subject_id AND l.kind = 3 AND l.subject_id = ? "
      "AND ",
      Live("l"), " WHERE m.organization_id = ? AND m.resource_id = ? AND m.kind = 2 AND ", Live("m"), " LIMIT 1"));
  TRELLIS_ASSIGN_OR_RETURN(const auto own, session.QueryOne<std::int64_t>(*team, organization, person, user, now));
  if (own.has_value()) return true;
  TRELLIS_ASSIGN_OR_RETURN(const auto led,
                           session.QueryOne<std::int64_t>(*population, user, now, organization, person, now));
  return led.has_value();
}

absl::StatusOr<bool> HasEmergency(db::Session& session, const Id& organization, const Id& user, const Id& person,
                                  absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const auto found,
                           FindRelation(session, {organization, person, RelationKind::kEmergency, user}));
  return found.has_value() && found->LiveAt(now) && found->valid_to.has_value() &&
         *found->valid_to - found->valid_from <= kLongestEmergency;
}

// Scalar subqueries, not EXISTS: MariaDB turns EXISTS into IN and then collects all persons of the user first, however
// few rows the list needs. Every table is looked up by its primary key; to say so saves the optimizer half of the
// statement's time. The names in here are long so that they hide no table of the query around.
SqlPart AllowedPersonCondition(absl::string_view person_column, const Id& organization, const Id& user,
                               absl::Time now) {
  static const auto* const team = new std::string(
      "((SELECT 1 FROM access_relation ar_team FORCE INDEX (PRIMARY) WHERE ar_team.organization_id = ? "
      "AND ar_team.resource_id = ");
  static const auto* const member = new std::string(absl::StrCat(
      " AND ar_team.kind = 1 AND ar_team.subject_id = ? AND ", Live("ar_team"),
      " LIMIT 1) IS NOT NULL OR (SELECT 1 FROM access_relation ar_member FORCE INDEX (PRIMARY) JOIN access_relation "
      "ar_lead FORCE INDEX (PRIMARY) ON ar_lead.organization_id = ar_member.organization_id "
      "AND ar_lead.resource_id = ar_member.subject_id AND ar_lead.kind = 3 AND ar_lead.subject_id = ? AND ",
      Live("ar_lead"), " WHERE ar_member.organization_id = ? AND ar_member.resource_id = "));
  static const auto* const end =
      new std::string(absl::StrCat(" AND ar_member.kind = 2 AND ", Live("ar_member"), " LIMIT 1) IS NOT NULL)"));
  return {absl::StrCat(*team, person_column, *member, person_column, *end),
          Arguments{organization, user, now, user, now, organization, now}};
}

SqlPart AllowedPersonsTable(const Id& organization, const Id& user, absl::Time now) {
  return {
      absl::StrCat("(SELECT c.resource_id AS person_id FROM access_relation c WHERE c.organization_id = ? "
                   "AND c.subject_id = ? AND c.kind = 1 AND ",
                   Live("c"),
                   " UNION SELECT m.resource_id AS person_id FROM access_relation l JOIN access_relation m "
                   "ON m.organization_id = l.organization_id AND m.subject_id = l.resource_id AND m.kind = 2 AND ",
                   Live("m"), " WHERE l.organization_id = ? AND l.subject_id = ? AND l.kind = 3 AND ", Live("l"), ")"),
      Arguments{organization, user, now, now, organization, user, now}};
}

}  // namespace trellis::access
