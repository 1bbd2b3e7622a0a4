#include "services/assessment/storage/cohort_store.h"

#include <cstdint>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace trellis::assessment::storage {
namespace {

// Two values on a scale of 100 points make 10,000 pairs.
constexpr std::size_t kMostGroups = 50000;
constexpr int kMostPersons = 100'000'000;

constexpr absl::string_view kInFilter =
    "a.organization_id = ? AND a.instrument = ? AND a.outcome = ? AND a.effective_time >= ? AND a.effective_time < ?"
    " AND a.position IS NOT NULL";

// The ids travel as one argument, however many they are: the statement stays the same and prepared.
constexpr absl::string_view kNamedPersons =
    "(SELECT DISTINCT UNHEX(listed.id) AS person_id FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) listed)"
    " named JOIN assessment_outcome a ON a.person_id = named.person_id";

std::string JsonOf(const std::vector<Id>& ids) {
  std::string json = "[";
  for (const Id& id : ids) {
    absl::StrAppend(&json, json.size() > 1 ? "," : "", "\"", absl::BytesToHexString(id.bytes()), "\"");
  }
  return json + "]";
}

// The end of a person's values; one step into the primary key.
std::string ValueAt(absl::string_view order) {
  return absl::StrCat("(SELECT a.position FROM assessment_outcome a WHERE a.person_id = person.person_id AND ",
                      kInFilter, " ORDER BY a.effective_time ", order, ", a.assessment_id ", order, " LIMIT 1)");
}

// Erased persons have a destroyed key. The limit on persons is never reached: without one MariaDB merges the table of
// persons into the query around it and no longer finds its columns when the prepared statement runs a second time.
std::string SqlFor(bool everybody) {
  return absl::StrCat(
      "SELECT counted.first_value_of, counted.last_value_of, counted.assessments > 1, COUNT(*),"
      " CAST(SUM(counted.assessments) AS SIGNED) FROM (SELECT person.assessments, ",
      ValueAt("ASC"), " AS first_value_of, ", ValueAt("DESC"),
      " AS last_value_of FROM (SELECT a.person_id, COUNT(*) AS assessments FROM ",
      everybody ? "assessment_outcome a" : kNamedPersons, " WHERE ", kInFilter,
      " GROUP BY a.person_id) person WHERE NOT EXISTS (SELECT 1 FROM data_key k WHERE k.organization_id = ?"
      " AND k.person_id = person.person_id AND k.destroy_time IS NOT NULL) LIMIT ?) counted"
      " GROUP BY counted.first_value_of, counted.last_value_of, counted.assessments > 1 LIMIT ?");
}

absl::Time StartOf(absl::CivilDay day) { return absl::FromCivil(day, absl::UTCTimeZone()); }

std::vector<db::Value> ArgumentsFor(const CohortFilter& filter) {
  const std::vector<db::Value> in_filter = {filter.organization, filter.instrument, filter.outcome,
                                            StartOf(filter.period.start), StartOf(filter.period.end)};
  std::vector<db::Value> arguments = in_filter;
  arguments.insert(arguments.end(), in_filter.begin(), in_filter.end());
  if (filter.persons.has_value()) arguments.emplace_back(JsonOf(*filter.persons));
  arguments.insert(arguments.end(), in_filter.begin(), in_filter.end());
  arguments.emplace_back(filter.organization);
  arguments.emplace_back(kMostPersons);
  arguments.emplace_back(kMostGroups + 1);
  return arguments;
}

}  // namespace

absl::StatusOr<std::vector<CohortGroup>> LoadCohort(db::Session& session, const CohortFilter& filter) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, (session.Query<double, double, bool, std::int64_t, std::int64_t>(
                                          SqlFor(!filter.persons.has_value()), ArgumentsFor(filter))));
  if (rows.size() > kMostGroups) {
    return Error(absl::StatusCode::kResourceExhausted, "COHORT_TOO_VARIED", "too many different values for one answer");
  }
  std::vector<CohortGroup> groups;
  for (const auto& [first, last, repeated, persons, assessments] : rows) {
    groups.push_back({first, last, repeated, persons, assessments});
  }
  return groups;
}

}  // namespace trellis::assessment::storage
