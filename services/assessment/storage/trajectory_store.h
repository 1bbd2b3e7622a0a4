// Values of outcomes over time. All functions run on the session given and return its errors.
#ifndef TRELLIS_SERVICES_ASSESSMENT_STORAGE_TRAJECTORY_STORE_H_
#define TRELLIS_SERVICES_ASSESSMENT_STORAGE_TRAJECTORY_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/db/session.h"
#include "services/assessment/domain/assessment.h"

namespace trellis::assessment::storage {

struct Point {
  Place place;
  int instrument_version = 0;
  std::optional<double> position;  // OutcomeValue
  bool incomplete = false;
  LabelSet labels;  // of the assessment; its instrument gives more
};

// What an assessment is compared with: values only, points without one are passed over.
struct Earlier {
  std::optional<Point> baseline;
  std::optional<Point> previous;
};

// Whose values.
struct Series {
  Id organization;
  Id person;
  std::string instrument;
};

// The first and the last value before `place` of each outcome, in one round trip. Outcomes without one are left out.
absl::StatusOr<absl::flat_hash_map<std::string, Earlier>> LoadEarlier(db::Session& session, const Series& series,
                                                                      const std::vector<std::string>& outcomes,
                                                                      const Place& place);

// The points of one outcome after `after` (all where unset), oldest first.
absl::StatusOr<std::vector<Point>> LoadPoints(db::Session& session, const Series& series, const std::string& outcome,
                                              const std::optional<Place>& after, int limit);

}  // namespace trellis::assessment::storage

#endif  // TRELLIS_SERVICES_ASSESSMENT_STORAGE_TRAJECTORY_STORE_H_
