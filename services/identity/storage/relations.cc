#include "services/identity/storage/relations.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kListByResource[] =
    "SELECT kind, resource_id, subject_id, valid_from, valid_to FROM access_relation "
    "WHERE organization_id = ? AND resource_id = ? AND kind IN (?, ?) AND revoke_time IS NULL "
    "AND (valid_to IS NULL OR valid_to > ?) AND (kind > ? OR (kind = ? AND subject_id > ?)) "
    "ORDER BY kind, subject_id LIMIT ?";
constexpr char kListBySubject[] =
    "SELECT kind, resource_id, subject_id, valid_from, valid_to FROM access_relation "
    "WHERE organization_id = ? AND subject_id = ? AND kind IN (?, ?) AND revoke_time IS NULL "
    "AND (valid_to IS NULL OR valid_to > ?) AND (kind > ? OR (kind = ? AND resource_id > ?)) "
    "ORDER BY kind, resource_id LIMIT ?";
constexpr char kCountPersons[] =
    "SELECT (SELECT COUNT(*) FROM (SELECT resource_id FROM access_relation WHERE organization_id = ? "
    "AND subject_id = ? AND kind = 1 LIMIT ?) team) + (SELECT COUNT(*) FROM (SELECT m.resource_id "
    "FROM access_relation l JOIN access_relation m ON m.organization_id = l.organization_id "
    "AND m.subject_id = l.resource_id AND m.kind = 2 WHERE l.organization_id = ? AND l.subject_id = ? AND l.kind = 3 "
    "LIMIT ?) led)";
// The membership that lasts longest, none of both ends counting as the longest.
constexpr char kLongestMembership[] =
    "SELECT m.valid_to, l.valid_to FROM access_relation m JOIN access_relation l "
    "ON l.organization_id = m.organization_id AND l.resource_id = m.subject_id AND l.kind = 3 AND l.subject_id = ? "
    "WHERE m.organization_id = ? AND m.resource_id = ? AND m.kind = 2 "
    "AND m.revoke_time IS NULL AND m.valid_from <= ? AND (m.valid_to IS NULL OR m.valid_to > ?) "
    "AND l.revoke_time IS NULL AND l.valid_from <= ? AND (l.valid_to IS NULL OR l.valid_to > ?) "
    "ORDER BY (m.valid_to IS NULL AND l.valid_to IS NULL) DESC, "
    "LEAST(COALESCE(m.valid_to, l.valid_to), COALESCE(l.valid_to, m.valid_to)) DESC LIMIT 1";
constexpr char kAnyLead[] =
    "SELECT kind FROM access_relation WHERE organization_id = ? AND resource_id = ? AND kind = ? LIMIT 1";
constexpr char kAnyMember[] =
    "SELECT kind FROM access_relation WHERE organization_id = ? AND subject_id = ? AND kind = ? LIMIT 1";

constexpr char kFindShared[] =
    "SELECT valid_from, valid_to, revoke_time FROM shared_relation WHERE organization_id = ? AND resource_id = ? "
    "AND kind = ? AND subject_id = ? FOR UPDATE";
constexpr char kInsertShared[] =
    "INSERT INTO shared_relation (organization_id, resource_id, kind, subject_id, valid_from, valid_to, revoke_time) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kDeleteShared[] =
    "DELETE FROM shared_relation WHERE organization_id = ? AND resource_id = ? AND kind = ? AND subject_id = ?";
constexpr char kDeleteAllShared[] = "DELETE FROM shared_relation WHERE organization_id = ? AND resource_id = ?";
constexpr char kListShared[] =
    "SELECT kind, subject_id FROM shared_relation WHERE organization_id = ? AND resource_id = ? "
    "AND (kind > ? OR (kind = ? AND subject_id > ?)) ORDER BY kind, subject_id LIMIT ?";
constexpr char kDeleteRelation[] =
    "DELETE FROM access_relation WHERE organization_id = ? AND resource_id = ? AND kind = ? AND subject_id = ?";

absl::StatusOr<std::vector<RelationRow>> List(db::Session& session, absl::string_view sql, const Id& organization,
                                              const Id& end, RelationKind first_kind, RelationKind second_kind,
                                              absl::Time now, const RelationCursor& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(auto found,
                           session.Query<int, Id, Id, absl::Time, std::optional<absl::Time>>(
                               sql, organization, end, static_cast<int>(first_kind), static_cast<int>(second_kind), now,
                               after.kind, after.kind, after.other, limit));
  std::vector<RelationRow> rows;
  rows.reserve(found.size());
  for (const auto& [kind, resource, subject, start, stop] : found) {
    rows.push_back({{static_cast<RelationKind>(kind), resource, subject}, start, stop});
  }
  return rows;
}

absl::StatusOr<absl::Time> LiveUntil(db::Session& session, const access::RelationKey& key, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const auto found, access::FindRelation(session, key));
  if (!found.has_value() || !found->LiveAt(now)) return absl::InfinitePast();
  return found->valid_to.value_or(absl::InfiniteFuture());
}

}  // namespace

absl::StatusOr<std::vector<RelationRow>> ListByResource(db::Session& session, const Id& organization,
                                                        const Id& resource, RelationKind first_kind,
                                                        RelationKind second_kind, absl::Time now,
                                                        const RelationCursor& after, int limit) {
  return List(session, kListByResource, organization, resource, first_kind, second_kind, now, after, limit);
}

absl::StatusOr<std::vector<RelationRow>> ListBySubject(db::Session& session, const Id& organization, const Id& subject,
                                                       RelationKind first_kind, RelationKind second_kind,
                                                       absl::Time now, const RelationCursor& after, int limit) {
  return List(session, kListBySubject, organization, subject, first_kind, second_kind, now, after, limit);
}

absl::StatusOr<int> CountPersonsOf(db::Session& session, const Id& organization, const Id& user, int most) {
  TRELLIS_ASSIGN_OR_RETURN(auto row,
                           session.QueryOne<int>(kCountPersons, organization, user, most, organization, user, most));
  return row.has_value() ? std::get<0>(*row) : 0;
}

absl::StatusOr<absl::Time> SeesPersonUntil(db::Session& session, const Id& organization, const Id& user,
                                           const Id& person, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const absl::Time team,
                           LiveUntil(session, {organization, person, access::RelationKind::kCareTeam, user}, now));
  if (team == absl::InfiniteFuture()) return team;
  TRELLIS_ASSIGN_OR_RETURN(const auto longest,
                           (session.QueryOne<std::optional<absl::Time>, std::optional<absl::Time>>(
                               kLongestMembership, user, organization, person, now, now, now, now)));
  if (!longest.has_value()) return team;
  const auto& [member, lead] = *longest;
  return std::max(team, std::min(member.value_or(absl::InfiniteFuture()), lead.value_or(absl::InfiniteFuture())));
}

absl::StatusOr<absl::Time> LeadsPopulationUntil(db::Session& session, const Id& organization, const Id& user,
                                                const Id& population, absl::Time now) {
  return LiveUntil(session, {organization, population, access::RelationKind::kLead, user}, now);
}

absl::StatusOr<std::optional<SharedBase>> FindShared(db::Session& tx, const access::RelationKey& key) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto row, (tx.QueryOne<std::optional<absl::Time>, std::optional<absl::Time>, std::optional<absl::Time>>(
                          kFindShared, key.organization, key.resource, static_cast<int>(key.kind), key.subject)));
  if (!row.has_value()) return std::nullopt;
  const auto& [valid_from, valid_to, revoke_time] = *row;
  if (!valid_from.has_value()) return SharedBase();
  return SharedBase{access::Relation{key, *valid_from, valid_to, revoke_time}};
}

absl::Status InsertShared(db::Session& tx, const access::RelationKey& key,
                          const std::optional<access::Relation>& base) {
  std::optional<absl::Time> valid_from;
  std::optional<absl::Time> valid_to;
  std::optional<absl::Time> revoke_time;
  if (base.has_value()) {
    valid_from = base->valid_from;
    valid_to = base->valid_to;
    revoke_time = base->revoke_time;
  }
  return tx
      .Execute(kInsertShared, key.organization, key.resource, static_cast<int>(key.kind), key.subject, valid_from,
               valid_to, revoke_time)
      .status();
}

absl::Status DeleteShared(db::Session& tx, const access::RelationKey& key) {
  return tx.Execute(kDeleteShared, key.organization, key.resource, static_cast<int>(key.kind), key.subject).status();
}

absl::Status DeleteAllShared(db::Session& tx, const Id& organization, const Id& resource) {
  return tx.Execute(kDeleteAllShared, organization, resource).status();
}

absl::StatusOr<std::vector<RelationCursor>> ListShared(db::Session& tx, const Id& organization, const Id& resource,
                                                       const RelationCursor& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(const auto rows, (tx.Query<int, Id>(kListShared, organization, resource, after.kind,
                                                               after.kind, after.other, limit)));
  std::vector<RelationCursor> listed;
  listed.reserve(rows.size());
  for (const auto& [kind, subject] : rows) listed.push_back({kind, subject});
  return listed;
}

absl::Status DeleteRelation(db::Session& tx, const access::RelationKey& key) {
  return tx.Execute(kDeleteRelation, key.organization, key.resource, static_cast<int>(key.kind), key.subject).status();
}

absl::StatusOr<bool> PopulationIsKnown(db::Session& session, const Id& organization, const Id& population) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto lead, session.QueryOne<int>(kAnyLead, organization, population, static_cast<int>(RelationKind::kLead)));
  if (lead.has_value()) return true;
  TRELLIS_ASSIGN_OR_RETURN(auto member, session.QueryOne<int>(kAnyMember, organization, population,
                                                              static_cast<int>(RelationKind::kMember)));
  return member.has_value();
}

}  // namespace trellis::identity::storage
