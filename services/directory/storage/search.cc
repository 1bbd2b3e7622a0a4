#include "services/directory/storage/search.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/directory/storage/in_list.h"

namespace trellis::directory {
namespace {

// A query put together from constant pieces; values go in as arguments only.
struct Query {
  std::string sql;
  std::vector<db::Value> args;

  void Add(absl::string_view piece) { absl::StrAppend(&sql, piece); }
  void Add(absl::string_view piece, db::Value value) {
    Add(piece);
    args.push_back(std::move(value));
  }
};

void AddOneOf(Query& query, absl::string_view table, absl::string_view column, const std::vector<std::string>& values) {
  if (values.empty()) return;
  const std::vector<std::string> list = Padded(values);
  absl::StrAppend(&query.sql, " AND EXISTS (SELECT 1 FROM ", table, " x WHERE x.healthcare_service_id = s.id AND x.",
                  column, " IN (", db::Placeholders(list.size()), "))");
  for (const std::string& value : list) query.args.emplace_back(value);
}

void AddNeeds(Query& query, const std::vector<Coding>& needs) {
  if (needs.empty()) return;
  const char* separator =
      " AND EXISTS (SELECT 1 FROM healthcare_service_need x WHERE x.healthcare_service_id = s.id AND (";
  for (const Coding& need : Padded(needs)) {
    query.Add(separator);
    query.Add("(x.code = ?", need.code);
    query.Add(" AND x.code_system = ?)", need.system);
    separator = " OR ";
  }
  query.Add("))");
}

// Conditions on the service, for a query that calls it `s`.
void AddFilter(Query& query, const SearchFilter& filter) {
  query.Add(" AND s.state = 1");
  if (filter.age.has_value()) {
    query.Add(" AND s.age_from <= ?", *filter.age);
    query.Add(" AND s.age_to >= ?", *filter.age);
  }
  AddOneOf(query, "healthcare_service_kind", "kind", filter.kinds);
  AddOneOf(query, "healthcare_service_language", "language", filter.languages);
  AddNeeds(query, filter.needs);
  if (filter.min_available > 0) {
    query.Add(
        " AND EXISTS (SELECT 1 FROM capacity c WHERE c.healthcare_service_id = s.id "
        "AND c.maximum - c.elsewhere - c.held - c.placed >= ?)",
        filter.min_available);
  }
}

}  // namespace

absl::StatusOr<std::vector<NameCursor>> SearchByName(db::Session& session, const SearchFilter& filter,
                                                     Positioned positioned, const NameCursor& after, int limit) {
  Query query;
  query.Add("SELECT s.id, s.display_name FROM healthcare_service s WHERE s.display_name >= ?", after.display_name);
  query.Add(" AND (s.display_name > ?", after.display_name);
  query.Add(" OR s.id > ?)", after.id);
  if (positioned == Positioned::kOnlyWithout) query.Add(" AND s.positioned = 0");
  AddFilter(query, filter);
  query.Add(" ORDER BY s.display_name, s.id LIMIT ?", limit);
  TRELLIS_ASSIGN_OR_RETURN(auto rows, (session.Query<Id, std::string>(query.sql, query.args)));
  std::vector<NameCursor> found;
  for (auto& [id, name] : rows) found.push_back({std::move(name), id});
  return found;
}

absl::StatusOr<std::vector<Candidate>> SearchCells(db::Session& session, const SearchFilter& filter,
                                                   const std::vector<CellRange>& ranges, int limit) {
  Query query;
  query.Add(
      "SELECT p.healthcare_service_id, p.location_id, p.latitude, p.longitude, s.display_name "
      "FROM healthcare_service_location p JOIN healthcare_service s ON s.id = p.healthcare_service_id WHERE (");
  const char* separator = "";
  for (const CellRange& range : Padded(ranges)) {
    query.Add(separator);
    query.Add("p.cell_id BETWEEN ?", range.first);
    query.Add(" AND ?", range.last);
    separator = " OR ";
  }
  query.Add(")");
  AddFilter(query, filter);
  query.Add(" LIMIT ?", limit);
  TRELLIS_ASSIGN_OR_RETURN(auto rows, (session.Query<Id, Id, double, double, std::string>(query.sql, query.args)));
  std::vector<Candidate> candidates;
  candidates.reserve(rows.size());
  for (auto& [service, location, latitude, longitude, name] : rows) {
    candidates.push_back({service, location, {latitude, longitude}, std::move(name)});
  }
  return candidates;
}

}  // namespace trellis::directory
