// A search request turned into what the storage is asked, and the steps of answering it.
#ifndef TRELLIS_SERVICES_DIRECTORY_API_SEARCH_PLAN_H_
#define TRELLIS_SERVICES_DIRECTORY_API_SEARCH_PLAN_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/db/session.h"
#include "services/directory/api/cursor.h"
#include "services/directory/storage/search.h"
#include "trellis/directory/v1/healthcare_services.pb.h"

namespace trellis::directory {

struct SearchPlan {
  SearchFilter filter;
  std::optional<Position> near;
  double radius_meters = 0;  // 0: however far, with services of unknown position at the end
};

// Error: INVALID_ARGUMENT with the field.
absl::StatusOr<SearchPlan> PlanSearch(const v1::SearchHealthcareServicesRequest& request);

// One service that was found.
struct Hit {
  Id service;
  std::optional<Near> near;  // with a distance
  SearchCursor cursor;       // where the page after this hit begins
};

// The first `limit` hits after the cursor, in the promised order.
absl::StatusOr<std::vector<Hit>> RunSearch(db::Session& session, const SearchPlan& plan, const SearchCursor& after,
                                           int limit);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_SEARCH_PLAN_H_
