#include "services/caseload/storage/safety_alerts.h"

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace trellis::caseload {
namespace {

constexpr absl::string_view kColumns =
    "a.id, a.person_id, a.assessment_id, a.instrument, a.rule, a.item, a.level, a.state, a.open_time, "
    "a.acknowledge_time,"
    " a.acknowledged_by, a.action, a.action_note, a.version, a.labels";
using Row = std::tuple<Id, Id, Id, std::string, std::string, std::string, int, int, absl::Time,
                       std::optional<absl::Time>, std::optional<Id>, int, std::string, std::int64_t, std::int64_t>;

SafetyAlertRecord FromRow(Row row) {
  SafetyAlertRecord alert;
  int level = 0;
  int state = 0;
  std::int64_t labels = 0;
  std::tie(alert.id, alert.person, alert.assessment, alert.instrument, alert.rule, alert.item, level, state,
           alert.open_time, alert.acknowledge_time, alert.acknowledged_by, alert.action, alert.action_note,
           alert.version, labels) = std::move(row);
  alert.labels = LabelSet::FromBits(labels);
  alert.level = static_cast<AlertLevel>(level);
  alert.state = static_cast<AlertState>(state);
  return alert;
}

template <typename... Args>
absl::StatusOr<std::vector<SafetyAlertRecord>> Select(db::Session& session, absl::string_view rest,
                                                      const Args&... args) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      (session.Query<Id, Id, Id, std::string, std::string, std::string, int, int, absl::Time, std::optional<absl::Time>,
                     std::optional<Id>, int, std::string, std::int64_t, std::int64_t>(
          absl::StrCat("SELECT ", kColumns, " FROM safety_alert a WHERE ", rest), args...)));
  std::vector<SafetyAlertRecord> alerts;
  alerts.reserve(rows.size());
  for (Row& row : rows) alerts.push_back(FromRow(std::move(row)));
  return alerts;
}

}  // namespace

absl::StatusOr<bool> InsertAlertOnce(db::Session& tx, const Id& organization, const SafetyAlertRecord& alert) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto known, (tx.QueryOne<int>(
                      "SELECT 1 FROM safety_alert WHERE organization_id = ? AND assessment_id = ? AND rule = ? LIMIT 1",
                      organization, alert.assessment, alert.rule)));
  if (known.has_value()) return false;
  TRELLIS_RETURN_IF_ERROR(
      tx.Execute(
            "INSERT INTO safety_alert (organization_id, id, person_id, assessment_id, instrument, rule, item, level,"
            " state, open_time, acknowledge_time, acknowledged_by, action, action_note, version, labels)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, 0, '', ?, ?)",
            organization, alert.id, alert.person, alert.assessment, alert.instrument, alert.rule, alert.item,
            static_cast<int>(alert.level), static_cast<int>(alert.state), alert.open_time, alert.version,
            alert.labels.bits())
          .status());
  return true;
}

absl::StatusOr<std::optional<SafetyAlertRecord>> FindAlert(db::Session& session, const Id& organization, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto alerts,
                           Select(session, "a.organization_id = ? AND a.id = ? LIMIT 1", organization, id));
  if (alerts.empty()) return std::nullopt;
  return std::move(alerts.front());
}

absl::Status SaveAcknowledgement(db::Session& tx, const Id& organization, const SafetyAlertRecord& alert) {
  return tx
      .Execute(
          "UPDATE safety_alert SET state = ?, acknowledge_time = ?, acknowledged_by = ?, action = ?, action_note = ?,"
          " version = ? WHERE organization_id = ? AND id = ?",
          static_cast<int>(alert.state), alert.acknowledge_time, alert.acknowledged_by, alert.action, alert.action_note,
          alert.version, organization, alert.id)
      .status();
}

absl::StatusOr<std::vector<SafetyAlertRecord>> OpenAlertsOf(db::Session& session, const Id& organization,
                                                            const Id& person, int limit) {
  return Select(session, "a.organization_id = ? AND a.person_id = ? AND a.state = ? ORDER BY a.open_time, a.id LIMIT ?",
                organization, person, static_cast<int>(AlertState::kOpen), limit);
}

absl::StatusOr<int> CountOpenAlerts(db::Session& session, const Id& organization, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto count,
      (session.QueryOne<int>(
          "SELECT COUNT(*) FROM safety_alert WHERE organization_id = ? AND person_id = ? AND state = ? LIMIT 1",
          organization, person, static_cast<int>(AlertState::kOpen))));
  return count.has_value() ? std::get<0>(*count) : 0;
}

absl::StatusOr<AlertScan> ScanAlerts(db::Session& session, const Id& organization, AlertState state,
                                     const std::optional<Id>& person, const Visible& visible,
                                     const std::optional<AlertPosition>& after, int limit) {
  std::string sql = absl::StrCat("SELECT a.id, a.open_time, (", visible.sql,
                                 ") FROM safety_alert a WHERE a.organization_id = ? AND a.state = ?");
  std::vector<db::Value> args = visible.arguments;
  args.emplace_back(organization);
  args.emplace_back(static_cast<int>(state));
  if (person.has_value()) {
    absl::StrAppend(&sql, " AND a.person_id = ?");
    args.emplace_back(*person);
  }
  if (after.has_value()) {  // the first condition bounds the range of the index, the second one is exact
    absl::StrAppend(&sql, " AND a.open_time >= ? AND (a.open_time > ? OR a.id > ?)");
    args.insert(args.end(), {db::Value(after->open_time), db::Value(after->open_time), db::Value(after->id)});
  }
  absl::StrAppend(&sql, " ORDER BY a.open_time, a.id LIMIT ?");
  args.emplace_back(kScanWindow);

  TRELLIS_ASSIGN_OR_RETURN(auto window, (session.Query<Id, absl::Time, bool>(sql, args)));
  std::vector<Id> found;
  std::size_t seen = 0;
  while (seen < window.size() && static_cast<int>(found.size()) < limit) {
    if (std::get<2>(window[seen])) found.push_back(std::get<0>(window[seen]));
    ++seen;
  }
  AlertScan scan;
  if (seen < window.size() || window.size() == kScanWindow) {
    scan.next = AlertPosition{std::get<1>(window[seen - 1]), std::get<0>(window[seen - 1])};
  }
  if (found.empty()) return scan;
  TRELLIS_ASSIGN_OR_RETURN(scan.alerts,
                           Select(session,
                                  absl::StrCat("a.organization_id = ? AND a.id IN (", db::Placeholders(found.size()),
                                               ") ORDER BY a.open_time, a.id LIMIT ?"),
                                  organization, found, static_cast<int>(found.size())));
  return scan;
}

}  // namespace trellis::caseload
