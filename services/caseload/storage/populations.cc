#include "services/caseload/storage/populations.h"

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace trellis::caseload {
namespace {

constexpr int kMember = 2;  // access_relation.kind: a person belongs to a population
constexpr int kLead = 3;    // access_relation.kind: a user leads a population
constexpr int kMaxLedPopulations = 1000;
constexpr absl::string_view kColumns =
    "p.id, p.display_name, p.kind, p.description, p.member_count, p.version, p.create_time, p.update_time";
using Row = std::tuple<Id, std::string, int, std::string, std::int64_t, std::int64_t, absl::Time, absl::Time>;

PopulationRecord FromRow(Row row) {
  PopulationRecord population;
  std::tie(population.id, population.display_name, population.kind, population.description, population.member_count,
           population.version, population.create_time, population.update_time) = std::move(row);
  return population;
}

absl::Status CountMembers(db::Session& tx, const Id& organization, const Id& population, int change, absl::Time now) {
  return tx
      .Execute(
          "UPDATE population SET member_count = member_count + ?, version = version + 1, update_time = ?"
          " WHERE organization_id = ? AND id = ?",
          change, now, organization, population)
      .status();
}

}  // namespace

absl::Status InsertPopulation(db::Session& tx, const Id& organization, const PopulationRecord& population) {
  return tx
      .Execute(
          "INSERT INTO population (organization_id, id, display_name, kind, description, member_count, version,"
          " create_time, update_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          organization, population.id, population.display_name, population.kind, population.description,
          population.member_count, population.version, population.create_time, population.update_time)
      .status();
}

absl::StatusOr<std::optional<PopulationRecord>> FindPopulation(db::Session& session, const Id& organization,
                                                               const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row,
      (session.QueryOne<Id, std::string, int, std::string, std::int64_t, std::int64_t, absl::Time, absl::Time>(
          absl::StrCat("SELECT ", kColumns, " FROM population p WHERE p.organization_id = ? AND p.id = ? LIMIT 1"),
          organization, id)));
  if (!row.has_value()) return std::nullopt;
  return FromRow(*std::move(row));
}

absl::StatusOr<std::vector<PopulationRecord>> ListLedPopulations(db::Session& session, const Id& organization,
                                                                 const Id& user, absl::Time now, const Id& after,
                                                                 int limit) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      (session.Query<Id, std::string, int, std::string, std::int64_t, std::int64_t, absl::Time, absl::Time>(
          absl::StrCat("SELECT ", kColumns,
                       " FROM access_relation r JOIN population p ON p.organization_id = r.organization_id"
                       " AND p.id = r.resource_id WHERE r.organization_id = ? AND r.subject_id = ? AND r.kind = ?"
                       " AND r.resource_id > ? AND r.revoke_time IS NULL AND r.valid_from <= ?"
                       " AND (r.valid_to IS NULL OR r.valid_to > ?) ORDER BY r.resource_id LIMIT ?"),
          organization, user, kLead, after, now, now, limit)));
  std::vector<PopulationRecord> populations;
  for (Row& row : rows) populations.push_back(FromRow(std::move(row)));
  return populations;
}

absl::StatusOr<std::vector<Id>> LedPopulationIds(db::Session& session, const Id& organization, const Id& user,
                                                 absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      (session.Query<Id>("SELECT resource_id FROM access_relation WHERE organization_id = ? AND subject_id = ?"
                         " AND kind = ? AND revoke_time IS NULL AND valid_from <= ?"
                         " AND (valid_to IS NULL OR valid_to > ?) ORDER BY resource_id LIMIT ?",
                         organization, user, kLead, now, now, kMaxLedPopulations)));
  std::vector<Id> ids;
  for (const auto& [id] : rows) ids.push_back(id);
  return ids;
}

absl::Status PutMember(db::Session& tx, const Id& organization, const Id& population, const Id& person,
                       absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto known, (tx.QueryOne<Id>("SELECT id FROM population WHERE organization_id = ? AND id = ? LIMIT 1 FOR UPDATE",
                                   organization, population)));
  if (!known.has_value()) return absl::OkStatus();
  TRELLIS_ASSIGN_OR_RETURN(const auto member, FindMember(tx, organization, population, person));
  if (member.has_value()) return absl::OkStatus();
  TRELLIS_RETURN_IF_ERROR(
      tx.Execute(
            "INSERT INTO population_member (organization_id, population_id, person_id, add_time) VALUES (?, ?, ?, ?)",
            organization, population, person, now)
          .status());
  return CountMembers(tx, organization, population, 1, now);
}

absl::Status DropMember(db::Session& tx, const Id& organization, const Id& population, const Id& person,
                        absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(
      const std::int64_t dropped,
      tx.Execute("DELETE FROM population_member WHERE organization_id = ? AND population_id = ? AND person_id = ?",
                 organization, population, person));
  if (dropped == 0) return absl::OkStatus();
  return CountMembers(tx, organization, population, -1, now);
}

absl::StatusOr<std::optional<MemberRecord>> FindMember(db::Session& session, const Id& organization,
                                                       const Id& population, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row, (session.QueryOne<Id, absl::Time>(
                    "SELECT person_id, add_time FROM population_member WHERE organization_id = ? AND population_id = ?"
                    " AND person_id = ? LIMIT 1",
                    organization, population, person)));
  if (!row.has_value()) return std::nullopt;
  return MemberRecord{std::get<0>(*row), std::get<1>(*row)};
}

absl::StatusOr<std::vector<Id>> MembersBefore(db::Session& session, const Id& organization, const Id& population,
                                              absl::Time end, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      (session.Query<Id>("SELECT resource_id FROM access_relation WHERE organization_id = ? AND subject_id = ?"
                         " AND kind = ? AND valid_from < ? AND (valid_to IS NULL OR valid_to >= ?)"
                         " AND (revoke_time IS NULL OR revoke_time >= ?) ORDER BY resource_id LIMIT ?",
                         organization, population, kMember, end, end, end, limit)));
  std::vector<Id> ids;
  for (const auto& [id] : rows) ids.push_back(id);
  return ids;
}

absl::StatusOr<std::vector<MemberRecord>> ListMembers(db::Session& session, const Id& organization,
                                                      const Id& population, const Id& after, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, (session.Query<Id, absl::Time>(
                     "SELECT person_id, add_time FROM population_member WHERE organization_id = ? AND population_id = ?"
                     " AND person_id > ? ORDER BY person_id LIMIT ?",
                     organization, population, after, limit)));
  std::vector<MemberRecord> members;
  for (const auto& [person, time] : rows) members.push_back({person, time});
  return members;
}

}  // namespace trellis::caseload
