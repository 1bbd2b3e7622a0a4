#include "services/assessment/storage/trajectory_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace trellis::assessment::storage {
namespace {

// Both ends of the range of values before a place; each is one step into the primary key.
constexpr absl::string_view kValuesBefore =
    " AS which, outcome, effective_time, assessment_id, instrument_version, position, labels "
    "FROM assessment_outcome "
    "WHERE organization_id = ? AND person_id = ? AND instrument = ? AND outcome = ? AND position IS NOT NULL "
    "AND effective_time <= ? AND (effective_time < ? OR assessment_id < ?) ORDER BY effective_time";

constexpr absl::string_view kPoints =
    "SELECT effective_time, assessment_id, instrument_version, position, incomplete, labels FROM assessment_outcome "
    "WHERE organization_id = ? AND person_id = ? AND instrument = ? AND outcome = ?";

constexpr int kBaseline = 0;
constexpr int kPrevious = 1;

}  // namespace

absl::StatusOr<absl::flat_hash_map<std::string, Earlier>> LoadEarlier(db::Session& session, const Series& series,
                                                                      const std::vector<std::string>& outcomes,
                                                                      const Place& place) {
  absl::flat_hash_map<std::string, Earlier> earlier;
  if (outcomes.empty()) return earlier;
  std::string sql;
  std::vector<db::Value> values;
  for (const std::string& outcome : outcomes) {
    for (const int which : {kBaseline, kPrevious}) {
      const absl::string_view order = which == kBaseline ? " ASC, assessment_id ASC" : " DESC, assessment_id DESC";
      absl::StrAppend(&sql, sql.empty() ? "" : " UNION ALL ", "(SELECT ", which, kValuesBefore, order, " LIMIT 1)");
      values.insert(values.end(), {series.organization, series.person, series.instrument, outcome, place.effective_time,
                                   place.effective_time, place.id});
    }
  }
  TRELLIS_ASSIGN_OR_RETURN(auto rows,
                           (session.Query<int, std::string, absl::Time, Id, int, double, std::int64_t>(sql, values)));
  for (auto& [which, outcome, time, id, version, position, labels] : rows) {
    Earlier& of_outcome = earlier[outcome];
    (which == kBaseline ? of_outcome.baseline : of_outcome.previous) =
        Point{{time, id}, version, position, false, LabelSet::FromBits(labels)};
  }
  return earlier;
}

absl::StatusOr<std::vector<Point>> LoadPoints(db::Session& session, const Series& series, const std::string& outcome,
                                              const std::optional<Place>& after, int limit) {
  std::string sql(kPoints);
  std::vector<db::Value> values = {series.organization, series.person, series.instrument, outcome};
  if (after.has_value()) {
    absl::StrAppend(&sql, " AND effective_time >= ? AND (effective_time > ? OR assessment_id > ?)");
    values.insert(values.end(), {after->effective_time, after->effective_time, after->id});
  }
  absl::StrAppend(&sql, " ORDER BY effective_time, assessment_id LIMIT ?");
  values.emplace_back(limit);
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, (session.Query<absl::Time, Id, int, std::optional<double>, bool, std::int64_t>(sql, values)));
  std::vector<Point> points;
  for (auto& [time, id, version, position, incomplete, labels] : rows) {
    points.push_back({{time, id}, version, position, incomplete, LabelSet::FromBits(labels)});
  }
  return points;
}

}  // namespace trellis::assessment::storage
