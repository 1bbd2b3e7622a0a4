#include "services/identity/storage/duplicate_candidates.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

// Rows of person_search that one look reads at most.
constexpr int kMostDates = 1000;
constexpr int kMostNames = 2000;

// From the day to the names: a day is shared by few, and each of them has a dozen keys. The other way round a frequent
// name would be read from end to end.
constexpr char kByDate[] =
    "SELECT DISTINCT d.person_id FROM (SELECT person_id FROM person_search WHERE organization_id = ? AND kind = ? "
    "AND search_key IN (";
constexpr char kAndName[] =
    ") LIMIT ?) d STRAIGHT_JOIN person_search n ON n.organization_id = ? AND n.person_id = d.person_id AND n.kind = ? "
    "AND n.search_key IN (";
constexpr char kBySeveralNames[] =
    "SELECT named.person_id FROM (SELECT person_id FROM person_search WHERE organization_id = ? AND kind = ? "
    "AND search_key IN (";
constexpr char kCounted[] =
    ") LIMIT ?) named GROUP BY named.person_id HAVING COUNT(*) >= ? ORDER BY COUNT(*) DESC, named.person_id LIMIT ?";

absl::StatusOr<std::vector<Id>> Ids(db::Session& session, absl::string_view sql,
                                    const std::vector<db::Value>& arguments) {
  TRELLIS_ASSIGN_OR_RETURN(const auto rows, session.Query<Id>(sql, arguments));
  std::vector<Id> ids;
  ids.reserve(rows.size());
  for (const auto& [id] : rows) ids.push_back(id);
  return ids;
}

}  // namespace

absl::StatusOr<std::vector<Id>> FindByDateAndName(db::Session& session, const Id& organization,
                                                  const WantedKeys& birth_dates, const WantedKeys& names) {
  std::vector<db::Value> arguments = {organization, birth_dates.kind};
  for (const std::string& key : birth_dates.keys) arguments.emplace_back(key);
  arguments.insert(arguments.end(), {kMostDates, organization, names.kind});
  for (const std::string& key : names.keys) arguments.emplace_back(key);
  arguments.emplace_back(kMostCandidatesByDate);
  return Ids(session,
             absl::StrCat(kByDate, db::Placeholders(birth_dates.keys.size()), kAndName,
                          db::Placeholders(names.keys.size()), ") LIMIT ?"),
             arguments);
}

absl::StatusOr<std::vector<Id>> FindBySeveralNames(db::Session& session, const Id& organization,
                                                   const WantedKeys& names, int fewest) {
  std::vector<db::Value> arguments = {organization, names.kind};
  for (const std::string& key : names.keys) arguments.emplace_back(key);
  arguments.insert(arguments.end(), {kMostNames, fewest, kMostCandidatesByName});
  return Ids(session, absl::StrCat(kBySeveralNames, db::Placeholders(names.keys.size()), kCounted), arguments);
}

}  // namespace trellis::identity::storage
