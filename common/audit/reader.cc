#include "common/audit/reader.h"

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::audit {
namespace {

// A query whose conditions come one by one.
struct Conditions {
  std::string sql;
  std::vector<db::Value> values;

  template <typename... Values>
  void Add(absl::string_view condition, const Values&... more) {
    absl::StrAppend(&sql, sql.empty() ? " WHERE " : " AND ", condition);
    (values.emplace_back(more), ...);
  }
};

// `t` is the table whose index gives the order.
Conditions ConditionsOf(const RecordFilter& filter, absl::string_view t) {
  Conditions where;
  const auto add = [&](absl::string_view condition, const auto&... values) {
    where.Add(absl::StrCat(t, ".", condition), values...);
  };
  add("organization_id = ?", filter.organization);
  if (filter.person.has_value()) add("person_id = ?", *filter.person);
  if (filter.person.has_value() && filter.disclosed) add("disclosed = ?", true);
  if (filter.user.has_value()) where.Add("r.user_id = ?", *filter.user);
  if (!filter.method.empty()) where.Add("r.method = ?", filter.method);
  if (filter.code.has_value()) where.Add("r.code = ?", *filter.code);
  if (filter.begin.has_value()) add("record_time >= ?", *filter.begin);
  if (filter.end.has_value()) add("record_time < ?", *filter.end);
  if (filter.after.has_value()) {
    add("record_time <= ?", filter.after->time);
    where.Add(absl::StrCat("(", t, ".record_time < ? OR ", t, ".sequence < ?)"), filter.after->time,
              filter.after->sequence);
  }
  return where;
}

}  // namespace

absl::StatusOr<std::vector<StoredRecord>> ListRecords(db::Session& session, const RecordFilter& filter) {
  const bool by_person = filter.person.has_value();
  const absl::string_view t = by_person ? "p" : "r";
  const Conditions where = ConditionsOf(filter, t);
  const absl::string_view select =
      by_person ? "SELECT p.record_time, r.sequence, r.body FROM audit_person p JOIN audit_record r ON "
                  "r.organization_id = p.organization_id AND r.sequence = p.sequence"
                : "SELECT r.record_time, r.sequence, r.body FROM audit_record r";
  const absl::string_view order = by_person ? " ORDER BY p.record_time DESC, p.sequence DESC LIMIT ?"
                                            : " ORDER BY r.record_time DESC, r.sequence DESC LIMIT ?";
  TRELLIS_ASSIGN_OR_RETURN(auto rows, (session.Query<absl::Time, std::int64_t, std::string>(
                                          absl::StrCat(select, where.sql, order), where.values, filter.limit)));
  std::vector<StoredRecord> records;
  for (auto& [time, sequence, body] : rows) records.push_back({{time, sequence}, std::move(body)});
  return records;
}

absl::StatusOr<std::vector<StoredLink>> ReadLinks(db::Session& session, const Id& organization, std::int64_t after,
                                                  int limit) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, (session.Query<std::int64_t, std::string, std::string>(
                                          "SELECT sequence, body, hash FROM audit_record WHERE organization_id = ? AND "
                                          "sequence > ? ORDER BY sequence LIMIT ?",
                                          organization, after, limit)));
  std::vector<StoredLink> links;
  for (auto& [sequence, body, hash] : rows) links.push_back({sequence, std::move(body), std::move(hash)});
  return links;
}

absl::StatusOr<std::vector<StoredCheckpoint>> ListCheckpoints(db::Session& session, const Id& organization,
                                                              std::int64_t after_size, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows,
                           (session.Query<std::int64_t, absl::Time, std::string>(
                               "SELECT size, sign_time, note FROM audit_checkpoint WHERE organization_id = ? "
                               "AND size > ? ORDER BY size LIMIT ?",
                               organization, after_size, limit)));
  std::vector<StoredCheckpoint> checkpoints;
  for (auto& [size, time, note] : rows) checkpoints.push_back({size, time, std::move(note)});
  return checkpoints;
}

absl::StatusOr<std::optional<StoredCheckpoint>> NewestCheckpoint(db::Session& session, const Id& organization) {
  TRELLIS_ASSIGN_OR_RETURN(auto row, (session.QueryOne<std::int64_t, absl::Time, std::string>(
                                         "SELECT size, sign_time, note FROM audit_checkpoint WHERE organization_id = ? "
                                         "ORDER BY size DESC LIMIT 1",
                                         organization)));
  if (!row.has_value()) return std::optional<StoredCheckpoint>();
  auto& [size, time, note] = *row;
  return std::optional<StoredCheckpoint>({size, time, std::move(note)});
}

}  // namespace trellis::audit
