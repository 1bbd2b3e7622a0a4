#include "services/caseload/storage/cases.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace trellis::caseload {
namespace {

constexpr absl::string_view kColumns =
    "c.id, c.person_id, c.coordinator_id, c.review_interval_s, c.state, c.close_reason, c.close_note, c.version,"
    " c.open_time, c.update_time, c.close_time, c.labels";
using Row = std::tuple<Id, Id, Id, std::int64_t, int, int, std::string, std::int64_t, absl::Time, absl::Time,
                       std::optional<absl::Time>, std::int64_t>;

CaseRecord FromRow(Row row) {
  CaseRecord record;
  std::int64_t seconds = 0;
  int state = 0;
  std::int64_t labels = 0;
  std::tie(record.id, record.person, record.coordinator, seconds, state, record.close_reason, record.close_note,
           record.version, record.open_time, record.update_time, record.close_time, labels) = std::move(row);
  record.labels = LabelSet::FromBits(labels);
  record.review_interval = absl::Seconds(seconds);
  record.state = static_cast<CaseState>(state);
  return record;
}

template <typename... Args>
absl::StatusOr<std::optional<CaseRecord>> FindOne(db::Session& session, absl::string_view where, const Args&... args) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row, (session.QueryOne<Id, Id, Id, std::int64_t, int, int, std::string, std::int64_t, absl::Time, absl::Time,
                                  std::optional<absl::Time>, std::int64_t>(
                    absl::StrCat("SELECT ", kColumns, " FROM case_record c WHERE ", where, " LIMIT 1"), args...)));
  if (!row.has_value()) return std::nullopt;
  return FromRow(*std::move(row));
}

absl::StatusOr<std::vector<CaseRecord>> FindAll(db::Session& session, const Id& organization,
                                                const std::vector<Id>& ids) {
  std::vector<CaseRecord> records;
  if (ids.empty()) return records;
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, (session.Query<Id, Id, Id, std::int64_t, int, int, std::string, std::int64_t, absl::Time, absl::Time,
                                std::optional<absl::Time>, std::int64_t>(
                     absl::StrCat("SELECT ", kColumns, " FROM case_record c WHERE c.organization_id = ? AND c.id IN (",
                                  db::Placeholders(ids.size()), ") ORDER BY c.id DESC LIMIT ?"),
                     organization, ids, static_cast<int>(ids.size()))));
  for (Row& row : rows) records.push_back(FromRow(std::move(row)));
  return records;
}

}  // namespace

absl::Status InsertCase(db::Session& tx, const Id& organization, const CaseRecord& record) {
  return tx
      .Execute(
          "INSERT INTO case_record (organization_id, id, person_id, open_person_id, coordinator_id, review_interval_s,"
          " state, close_reason, close_note, version, open_time, update_time, close_time, labels)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', ?, ?, ?, NULL, ?)",
          organization, record.id, record.person, record.person, record.coordinator,
          absl::ToInt64Seconds(record.review_interval), static_cast<int>(record.state), record.version,
          record.open_time, record.update_time, record.labels.bits())
      .status();
}

absl::StatusOr<std::optional<CaseRecord>> FindCase(db::Session& session, const Id& organization, const Id& id) {
  return FindOne(session, "c.organization_id = ? AND c.id = ?", organization, id);
}

absl::StatusOr<std::optional<CaseRecord>> FindOpenCase(db::Session& session, const Id& organization, const Id& person) {
  return FindOne(session, "c.organization_id = ? AND c.open_person_id = ?", organization, person);
}

absl::Status SaveClosedCase(db::Session& tx, const Id& organization, const CaseRecord& record) {
  return tx
      .Execute(
          "UPDATE case_record SET open_person_id = NULL, state = ?, close_reason = ?, close_note = ?, version = ?,"
          " update_time = ?, close_time = ?, labels = ? WHERE organization_id = ? AND id = ?",
          static_cast<int>(record.state), record.close_reason, record.close_note, record.version, record.update_time,
          record.close_time, record.labels.bits(), organization, record.id)
      .status();
}

absl::StatusOr<CaseScan> ScanCases(db::Session& session, const Id& organization, const CaseFilter& filter,
                                   const Visible& visible, const std::optional<Id>& before, int limit) {
  std::string sql = absl::StrCat("SELECT k.id, (", visible.sql, ") FROM case_record k WHERE k.organization_id = ?");
  std::vector<db::Value> args = visible.arguments;
  args.emplace_back(organization);
  if (filter.person.has_value()) {
    absl::StrAppend(&sql, " AND k.person_id = ?");
    args.emplace_back(*filter.person);
  }
  if (filter.state.has_value()) {
    absl::StrAppend(&sql, " AND k.state = ?");
    args.emplace_back(static_cast<int>(*filter.state));
  }
  if (before.has_value()) {
    absl::StrAppend(&sql, " AND k.id < ?");
    args.emplace_back(*before);
  }
  absl::StrAppend(&sql, " ORDER BY k.id DESC LIMIT ?");
  args.emplace_back(kScanWindow);

  TRELLIS_ASSIGN_OR_RETURN(auto window, (session.Query<Id, bool>(sql, args)));
  std::vector<Id> found;
  std::size_t seen = 0;
  while (seen < window.size() && static_cast<int>(found.size()) < limit) {
    if (std::get<1>(window[seen])) found.push_back(std::get<0>(window[seen]));
    ++seen;
  }
  CaseScan scan;
  if (seen < window.size() || window.size() == kScanWindow) scan.next = std::get<0>(window[seen - 1]);
  TRELLIS_ASSIGN_OR_RETURN(scan.cases, FindAll(session, organization, found));
  return scan;
}

}  // namespace trellis::caseload
