// Rows of placement.
#ifndef TRELLIS_SERVICES_REFERRAL_STORAGE_PLACEMENTS_H_
#define TRELLIS_SERVICES_REFERRAL_STORAGE_PLACEMENTS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/db/session.h"
#include "services/referral/storage/list_filter.h"

namespace trellis::referral {

// The numbers are stored and are those of the contract.
enum class PlacementState { kLive = 1, kEnded = 2 };

struct PlacementRow {
  Id organization;
  Id id;
  Id referral;
  Id person;
  Id healthcare_service;
  Id recipient;
  PlacementState state = PlacementState::kLive;
  std::optional<absl::Time> start_time = std::nullopt;
  std::optional<absl::Time> end_time = std::nullopt;
  absl::Time create_time;
  absl::Time update_time;
  LabelSet labels = {};  // of the referral
};

// Error: ALREADY_EXISTS where the referral has one.
absl::Status InsertPlacement(db::Session& tx, const PlacementRow& row);
absl::StatusOr<std::optional<PlacementRow>> FindPlacementOf(db::Session& session, const Id& organization,
                                                            const Id& referral);
// One that `organization` made or received.
absl::StatusOr<std::optional<PlacementRow>> FindPlacement(db::Session& session, const Id& organization, const Id& id);
absl::Status SavePlacement(db::Session& tx, const PlacementRow& row);

absl::StatusOr<std::vector<PlacementRow>> ListPlacements(db::Session& session, const ListFilter& filter,
                                                         const Visible& visible);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_STORAGE_PLACEMENTS_H_
