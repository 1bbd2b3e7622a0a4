#include "services/caseload/storage/worklist.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::caseload {
namespace {

absl::StatusOr<std::vector<ListedEntry>> ReadEntries(db::Session& session, const std::string& sql,
                                                     const std::vector<db::Value>& args) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, (session.Query<std::string, std::string>(sql, args)));
  std::vector<ListedEntry> entries;
  entries.reserve(rows.size());
  for (auto& [key, entry] : rows) entries.push_back({std::move(key), std::move(entry)});
  return entries;
}

std::vector<db::Value> Arguments(const Id& organization, const Id& owner, const std::string& after_key,
                                 const Visible& visible, int limit) {
  std::vector<db::Value> args = {db::Value(organization), db::Value(owner), db::Value(after_key)};
  args.insert(args.end(), visible.arguments.begin(), visible.arguments.end());
  args.emplace_back(limit);
  return args;
}

}  // namespace

absl::Status SaveEntry(db::Session& tx, const Id& organization, const EntryRecord& entry) {
  TRELLIS_RETURN_IF_ERROR(
      tx.Execute(
            "INSERT INTO worklist_entry (organization_id, person_id, case_id, coordinator_id, priority, sort_key,"
            " next_change_time, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON DUPLICATE KEY UPDATE case_id = VALUES(case_id), coordinator_id = VALUES(coordinator_id),"
            " priority = VALUES(priority), sort_key = VALUES(sort_key), next_change_time = VALUES(next_change_time),"
            " entry = VALUES(entry)",
            organization, entry.person, entry.case_id, entry.coordinator, entry.priority, entry.sort_key,
            entry.next_change, entry.entry)
          .status());
  return tx
      .Execute("UPDATE worklist_line SET sort_key = ? WHERE organization_id = ? AND person_id = ?", entry.sort_key,
               organization, entry.person)
      .status();
}

absl::Status DeleteEntry(db::Session& tx, const Id& organization, const Id& person) {
  TRELLIS_RETURN_IF_ERROR(
      tx.Execute("DELETE FROM worklist_entry WHERE organization_id = ? AND person_id = ?", organization, person)
          .status());
  return tx
      .Execute("UPDATE worklist_line SET sort_key = NULL WHERE organization_id = ? AND person_id = ?", organization,
               person)
      .status();
}

absl::Status PutLine(db::Session& tx, const Id& organization, const Id& subject, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto entry, (tx.QueryOne<std::string>(
                      "SELECT sort_key FROM worklist_entry WHERE organization_id = ? AND person_id = ? LIMIT 1",
                      organization, person)));
  std::optional<std::string> key;
  if (entry.has_value()) key = std::get<0>(*entry);
  return tx
      .Execute(
          "INSERT INTO worklist_line (organization_id, subject_id, person_id, sort_key) VALUES (?, ?, ?, ?)"
          " ON DUPLICATE KEY UPDATE sort_key = VALUES(sort_key)",
          organization, subject, person, key)
      .status();
}

absl::Status DropLine(db::Session& tx, const Id& organization, const Id& subject, const Id& person) {
  return tx
      .Execute("DELETE FROM worklist_line WHERE organization_id = ? AND subject_id = ? AND person_id = ?", organization,
               subject, person)
      .status();
}

absl::Status PutLinesFromRelations(db::Session& tx, const Id& organization, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto subjects,
      (tx.Query<Id>("SELECT subject_id FROM access_relation WHERE organization_id = ? AND resource_id = ?"
                    " AND revoke_time IS NULL ORDER BY kind, subject_id LIMIT 1000",
                    organization, person)));
  for (const auto& [subject] : subjects) TRELLIS_RETURN_IF_ERROR(PutLine(tx, organization, subject, person));
  return absl::OkStatus();
}

// The index is named and the order of the join fixed: the page is a range of the index in its own order, whatever the
// optimizer believes about the sizes of the tables.
absl::StatusOr<std::vector<ListedEntry>> EntriesOfSubject(db::Session& session, const Id& organization,
                                                          const Id& subject, const std::string& after_key,
                                                          const Visible& visible, int limit) {
  return ReadEntries(session,
                     absl::StrCat("SELECT STRAIGHT_JOIN w.sort_key, e.entry"
                                  " FROM worklist_line w FORCE INDEX (worklist_order)"
                                  " JOIN worklist_entry e ON e.organization_id = w.organization_id"
                                  " AND e.person_id = w.person_id"
                                  " WHERE w.organization_id = ? AND w.subject_id = ? AND w.sort_key > ? AND (",
                                  visible.sql, ") ORDER BY w.sort_key LIMIT ?"),
                     Arguments(organization, subject, after_key, visible, limit));
}

absl::StatusOr<std::vector<ListedEntry>> EntriesOfCoordinator(db::Session& session, const Id& organization,
                                                              const Id& coordinator, const std::string& after_key,
                                                              const Visible& visible, int limit) {
  return ReadEntries(session,
                     absl::StrCat("SELECT e.sort_key, e.entry FROM worklist_entry e FORCE INDEX (worklist_coordinator)"
                                  " WHERE e.organization_id = ? AND e.coordinator_id = ? AND e.sort_key > ? AND (",
                                  visible.sql, ") ORDER BY e.sort_key LIMIT ?"),
                     Arguments(organization, coordinator, after_key, visible, limit));
}

absl::StatusOr<std::vector<std::pair<Id, Id>>> DueEntries(db::Session& session, absl::Time now, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows,
                           (session.Query<Id, Id>("SELECT organization_id, person_id FROM worklist_entry"
                                                  " WHERE next_change_time <= ? ORDER BY next_change_time LIMIT ?",
                                                  now, limit)));
  std::vector<std::pair<Id, Id>> due;
  for (const auto& [organization, person] : rows) due.emplace_back(organization, person);
  return due;
}

}  // namespace trellis::caseload
