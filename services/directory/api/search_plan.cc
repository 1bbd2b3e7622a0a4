#include "services/directory/api/search_plan.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "services/directory/domain/mapping.h"

namespace trellis::directory {
namespace {

absl::Status AppendNear(db::Session& session, const SearchPlan& plan, const SearchCursor& after, int limit,
                        std::vector<Hit>& hits) {
  const auto fetch = [&](const std::vector<CellRange>& ranges, int most) {
    return SearchCells(session, plan.filter, ranges, most);
  };
  TRELLIS_ASSIGN_OR_RETURN(std::vector<Near> found, Nearest(*plan.near, plan.radius_meters, after.near, limit, fetch));
  for (Near& near : found) {
    SearchCursor cursor;
    cursor.near = near;
    const Id service = near.service;
    hits.push_back({service, std::move(near), std::move(cursor)});
  }
  return absl::OkStatus();
}

absl::Status AppendByName(db::Session& session, const SearchPlan& plan, const SearchCursor& after, int limit,
                          std::vector<Hit>& hits) {
  const Positioned positioned = plan.near.has_value() ? Positioned::kOnlyWithout : Positioned::kAll;
  TRELLIS_ASSIGN_OR_RETURN(std::vector<NameCursor> found,
                           SearchByName(session, plan.filter, positioned, after.name.value_or(NameCursor()), limit));
  for (NameCursor& name : found) {
    SearchCursor cursor;
    const Id service = name.id;
    cursor.name = std::move(name);
    hits.push_back({service, std::nullopt, std::move(cursor)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SearchPlan> PlanSearch(const v1::SearchHealthcareServicesRequest& request) {
  SearchPlan plan;
  std::set<std::string> kinds;
  for (int i = 0; i < request.kinds_size(); ++i) {
    if (!Mapping::Default().IsKind(request.kinds(i))) {
      return InvalidField(absl::StrCat("kinds[", i, "]"), "is no kind of healthcare service");
    }
    kinds.insert(request.kinds(i));
  }
  plan.filter.kinds.assign(kinds.begin(), kinds.end());
  std::set<std::string> languages;
  for (const std::string& tag : request.languages()) languages.insert(PrimaryLanguage(tag));
  plan.filter.languages.assign(languages.begin(), languages.end());
  for (const types::v1::Coding& need : request.needs()) {
    plan.filter.needs.push_back({need.system(), need.code(), ""});
  }
  if (request.has_age()) plan.filter.age = request.age();
  plan.filter.min_available = request.min_available();
  if (request.has_near()) plan.near = Position{request.near().latitude(), request.near().longitude()};
  plan.radius_meters = request.radius_meters();
  if (plan.radius_meters > 0 && !plan.near.has_value()) {
    return InvalidField("radius_meters", "needs `near`, from where it is measured");
  }
  return plan;
}

absl::StatusOr<std::vector<Hit>> RunSearch(db::Session& session, const SearchPlan& plan, const SearchCursor& after,
                                           int limit) {
  std::vector<Hit> hits;
  if (plan.near.has_value() && !after.name.has_value()) {
    TRELLIS_RETURN_IF_ERROR(AppendNear(session, plan, after, limit, hits));
  }
  const int missing = limit - static_cast<int>(hits.size());
  const bool by_name = !plan.near.has_value() || plan.radius_meters == 0;
  if (by_name && missing > 0) TRELLIS_RETURN_IF_ERROR(AppendByName(session, plan, after, missing, hits));
  return hits;
}

}  // namespace trellis::directory
